"""Every kind of fault that the generator makes, with the code and the words that a report must have for it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One way of being wrong. `layer` is where it stands; `code` is the cause's; `says` is what a reader must learn."""

    name: str
    layer: str
    code: str
    says: str


#: layer: object, row (it is left out of the value checks), line (nothing is lost), header, cell, key, file.
FAULTS: dict[str, Fault] = {
    fault.name: fault
    for fault in (
        Fault("short row", "row", "short_row", "too few cells, with its line"),
        Fault("long row", "row", "long_row", "too many cells, with its line"),
        Fault("bad UTF-8", "row", "bad_encoding", "a byte that is no UTF-8, with its line"),
        Fault("unclosed quote", "row", "broken_quote", "a quote that does not end, and no other line is lost"),
        Fault("text after quote", "row", "broken_quote", "text behind a closing quote"),
        Fault("over-long line", "row", "over_long_line", "a line longer than 2 MiB"),
        Fault("no JSON", "row", "not_json", "a line that is no JSON object"),
        Fault("cut JSON", "row", "not_json", "a line that ends in the middle of an object"),
        Fault("no object", "row", "not_json", "JSON, but a list or a scalar"),
        Fault("blank line", "line", "blank_lines", "a line with nothing in it; it is no row"),
        Fault("empty cells", "line", "empty_rows", "a row of only empty cells"),
        Fault("stray quote", "line", "stray_quote", "a quote inside of a cell that is not quoted"),
        Fault("NUL", "line", "nul_bytes", "a NUL byte in the text"),
        Fault("mixed line ends", "line", "mixed_line_ends", "the lines that end otherwise than most"),
        Fault("duplicate key", "line", "duplicate_keys", "a key that stands twice in an object"),
        Fault("NaN in JSON", "line", "not_json_number", "a number that JSON does not have"),
        Fault("trailing comma", "line", "trailing_comma", "a comma behind the last value"),
        Fault("undeclared BOM", "object", "undeclared_encoding", "a byte order mark that nobody declared"),
        Fault("undeclared UTF-16", "object", "undeclared_encoding", "UTF-16 that nobody declared"),
        Fault("other delimiter", "header", "delimiter", "both delimiters, and the values are still checked"),
        Fault("missing column", "header", "missing_column", "the name of the column"),
        Fault("extra column", "header", "extra_column", "the name of the column"),
        Fault("renamed column", "header", "renamed_column", "both names"),
        Fault("column case", "header", "column_case", "both names"),
        Fault("duplicate column", "header", "duplicate_header", "the name that stands twice"),
        Fault("blank column", "header", "blank_header", "the place of the column"),
        Fault("missing value", "cell", "missing", "null where a value is required"),
        Fault("fraction", "cell", "fraction", "2.0 is no whole number"),
        Fault("scientific", "cell", "scientific", "1e3 is no whole number"),
        Fault("blanks", "cell", "blanks", "blanks around a value"),
        Fault("decimal comma", "cell", "decimal_comma", "12,5 where a point was agreed"),
        Fault("grouping", "cell", "grouping", "1,234,567"),
        Fault("text", "cell", "text_in_number", "text where a number was agreed"),
        Fault("null word", "cell", "null_word", "a word for no value, not declared as one"),
        Fault("beyond 64 bits", "cell", "too_big", "an integer that does not fit"),
        Fault("unit", "cell", "unit", "a unit behind a number"),
        Fault("infinity", "cell", "not_finite", "infinity is no number"),
        Fault("NaN", "cell", "null_word", "NaN is no number"),
        Fault("quoted empty", "cell", "empty", "an empty text where a typed value was agreed"),
        Fault("impossible day", "cell", "impossible_date", "the 31st of a month of 30 days"),
        Fault("other notation", "cell", "other_date", "24.11.2026 where ISO was agreed"),
        Fault("serial date", "cell", "excel_date", "a spreadsheet's number for a day"),
        Fault("no offset", "cell", "no_offset", "a timestamp without an offset where one was demanded"),
        Fault("hour 25", "cell", "impossible_time", "a time that does not exist"),
        Fault("other boolean", "cell", "other_boolean", "yes, 1, TRUE"),
        Fault("other kind", "cell", "unquoted_value", "a JSON number where a text was agreed"),
        Fault("below", "cell", "too_small", "below the minimum"),
        Fault("above", "cell", "too_large", "above the maximum"),
        Fault("no multiple", "cell", "not_multiple", "not a multiple"),
        Fault("too short", "cell", "too_short", "fewer characters than agreed"),
        Fault("too long", "cell", "too_long", "more characters than agreed"),
        Fault("pattern", "cell", "pattern", "a text that does not match"),
        Fault("format", "cell", "format", "no valid email or uuid"),
        Fault("enum", "cell", "not_listed", "a value that is not listed"),
        Fault("spreadsheet error", "cell", "excel_error", "what a formula says when it fails"),
        Fault("currency", "cell", "currency", "a currency sign at a number"),
        Fault("percent", "cell", "percent", "a percent sign at a number"),
        Fault("float integer", "cell", "float_integer", "2.0 where a whole number was agreed"),
        Fault("hexadecimal", "cell", "hexadecimal", "0x1F where a number was agreed"),
        Fault("swapped day", "cell", "swapped_date", "day and month in the other order"),
        Fault("pattern case", "cell", "other_case", "a text that matches in capitals"),
        Fault("near miss", "cell", "near_miss", "nearly a listed value, with which"),
        Fault("enum case", "cell", "other_case", "a listed value in another case"),
        Fault("duplicate", "key", "duplicate", "surplus rows of one column"),
        Fault("duplicate tuple", "key", "duplicate", "surplus rows of a composite key"),
        Fault("orphan", "key", "no_such_key", "a reference to a key that is not there"),
        Fault("cross-column", "file", "sql_rows", "rows where one column contradicts another"),
        Fault("row count", "file", "row_count", "how many rows there are, broken ones included"),
    )
}
