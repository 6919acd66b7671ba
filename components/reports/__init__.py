"""What leaves as a file to be read elsewhere: pictures of charts, paged reports, workbooks."""
