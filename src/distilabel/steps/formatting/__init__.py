"""Steps that format rows as the datasets that training libraries read."""
