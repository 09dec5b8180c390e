"""What Math-Shepherd needs: solutions that are told step by step."""
