"""The parts of the page on which the words of campaigns are administered."""
