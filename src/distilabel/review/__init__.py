"""Local web pages where people read rows, judge them and see how far they agree."""
