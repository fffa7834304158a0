"""How much a file may become, and how much of it is in memory: every limit of a container, with its reason."""

from __future__ import annotations

#: Bytes of content in memory at a time.
CHUNK = 1 << 20

#: Packed bytes given to a decompressor at a time. What is broken costs at most what came out of one piece.
PIECE = 1 << 16

#: Content that needs no excuse, however little it was packed into: it fills no disk.
FREE_BYTES = 16 << 20

#: Unpacked bytes for each packed one, beyond the free ones. Tables pack 3–30 times, logs of one line up to 100 times;
#: what only a bomb reaches is near the format's own end: deflate 1,032, and no end for the others.
HIGHEST_RATIO = {"gzip": 200, "zip": 200, "zstd": 500, "bzip2": 500, "xz": 500}

#: Content of one file. S3 holds objects of 5 TB, but no table of that size comes packed into one.
LARGEST_UNPACKED = 200 << 30

#: Memory of a decompressor: `xz -9` asks for 65 MiB, zstd without `--long` for 8 MiB, with it for 128 MiB.
LARGEST_WINDOW_LOG = 27
XZ_MEMORY = 1 << 27

#: gzip's header has a name and a comment of any length; names of files end at 4 KiB.
LONGEST_GZIP_HEADER = 1 << 16

#: Packings around one another that are taken off. Twice happens by mistake, more often only to hide something.
MOST_LAYERS = 2

#: A zip's directory is held in memory. One data member is wanted; workbooks have some hundred parts.
MOST_MEMBERS = 10_000
LARGEST_DIRECTORY = 8 << 20

#: Parquet says sizes in its headers. A page is in memory as a whole; writers make pages of about 1 MB.
LARGEST_PAGE = 64 << 20

#: Rows that Parquet can make of a byte, beyond the free ones: a column of one value takes nearly none, a table does.
FREE_ROWS = 100_000_000
MOST_ROWS_A_BYTE = 10_000

#: A footer is in memory as a whole, here and in the engine. A thousand columns in 500 row groups take 50 MB.
LARGEST_FOOTER = 64 << 20

#: Columns of one table; each costs the engine memory, whatever its rows. The same for text.
MOST_COLUMNS = 10_000

#: Columns below columns; the engine gives up at some hundred.
DEEPEST_SCHEMA = 100

#: Bytes that a page header fits into; with statistics of long texts it may need more.
HEADER = 1 << 12
LARGEST_HEADER = 16 << 20
