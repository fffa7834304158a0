"""History: a file beside the last accepted ones. `rules` reads what is asked, `profile` what must be measured for it in
the one scan, `compare` holds a profile against those of the past."""
