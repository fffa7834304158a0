"""Shapes with a name: how partners' cells go wrong, told in a plain sentence with the fix.

The engine names every failing cell with these patterns (`naming.py` makes one expression of them), so that the total
of each cause is a count and no guess from samples. The first pattern that fits wins, so the order is part of the table.
Patterns are RE2, and fit the whole cell.
"""

from __future__ import annotations

from dataclasses import dataclass

from fileproc.quality.logical_types import NUMBER

#: Words that stand for "no value" in the exports of this world, in small letters.
NULL_WORDS = (
    "na", "n/a", "n.a.", "nan", "null", "<null>", "(null)", "none", "nil", "-", "--", "---", ".", "?", "unknown",
    "missing", "\\n", "tbd", "undefined", "void", "(blank)", "#n/b", "k.a.", "nd", "n/d", "nat",
)  # fmt: skip

#: Words for true and false, in small letters.
BOOLEAN_WORDS = (
    "true", "false", "yes", "no", "y", "n", "t", "f", "0", "1", "0.0", "1.0", "on", "off", "ja", "nein", "oui", "non",
    "si", "sí", "wahr", "falsch", "vrai", "faux", "x", "✓",
)  # fmt: skip

NUMERIC = ("integer", "number")
TEMPORAL = ("date", "timestamp", "time")
DAYS = ("date", "timestamp")

#: Units that people write behind a number; other letters make it a text.
UNITS = (
    "kg|g|mg|t|lbs?|oz|km|m|cm|mm|mi|ft|in|l|ml|m2|m3|m²|m³|h|hrs?|min|s|sec|ms|d|days?|pcs?|st|stk|ea|k|mio|mn|bn|"
    "°|°c|°f|kwh|mwh|wh|kw|w|v|a|hz|kb|mb|gb|tb|b|bytes?|px|pt"
)
SIGNS = r"[€$£¥₹₽₩₺]"
CURRENCIES = rf"({SIGNS}|(?i:eur|usd|gbp|chf|jpy|cny|inr|sek|nok|dkk|pln|czk|huf|try|brl|cad|aud))"
FIGURE = r"[-+]?[0-9][0-9., ']*"

#: Shapes of ISO dates, which mean nothing where another format was agreed on.
ISO_ONLY = ("swapped_date", "time_too", "date_only", "impossible_date")

#: A separator before exactly three digits: decimal or thousands, the cell alone does not tell.
AMBIGUOUS = "ambiguous_separator"


#: How spreadsheets write months, in English and German; other three letters behind a number are its unit.
MONTH = "(jan|feb|mar|mär|mrz|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)"


@dataclass(frozen=True, slots=True)
class Shape:
    """A named way of going wrong: which cells have it, what it is called, and how it is mended.

    `kinds` are the kinds of value that were agreed on, any where there are none. `among` says which cells are looked at
    for it, so that the others cost nothing: `rare` ones hold a character that is no letter, digit or keyboard's sign,
    `signed` ones begin with one of `# = ' " “`, `figures` are of digits and the signs between them.
    """

    code: str
    pattern: str
    title: str
    fix: str
    kinds: tuple[str, ...] = ()
    words: tuple[str, ...] = ()  # instead of a pattern: these words, in any case
    among: str = ""

    @property
    def rare(self) -> bool:
        return self.among == "rare"

    @property
    def signed(self) -> bool:
        return self.among == "signed"

    @property
    def figures(self) -> bool:
        return self.among == "figures"


#: How values look that are of another type only because the format says so: JSON's quotes, a spreadsheet's cells.
LOOKS_LIKE = {"integer": "[-+]?[0-9]+", "number": NUMBER, "boolean": "true|false"}

SHAPES: tuple[Shape, ...] = (
    # what nobody sees
    Shape("bom", r".*\x{FEFF}.*", "a byte order mark in the cell", "do not join files that begin with one",
          among="rare"),
    Shape("zero_width", r".*[\x{200B}-\x{200F}\x{202A}-\x{202E}\x{2060}\x{2066}-\x{2069}\x{00AD}].*",
          "an invisible character in the cell", "remove it; it comes from a web page or a word processor",
          among="rare"),
    Shape("mojibake", r".*([ÂÃ][\x{0080}-\x{00BF}‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â€|ï¿½|\x{FFFD}).*",
          "letters of another encoding, such as Ã¼ for ü", "export as UTF-8, and declare the encoding", among="rare"),
    Shape("nbsp", r".*[\x{00A0}\x{2007}\x{202F}\x{3000}].*", "a no-break space in the cell", "remove it", among="rare"),
    Shape("blanks", r"[\s\x{000B}\x{0085}].*|.*[\s\x{000B}\x{0085}]", "blanks around the value", "trim the cells",
          among="rare"),
    # what no type takes
    Shape("excel_error", r"#(?i:REF!|N/A|NV|VALUE!|WERT!|DIV/0!|NAME\?|NULL!|NUM!|ZAHL!|SPILL!|CALC!|BEZUG!)|#{3,}",
          "an error of a spreadsheet", "mend the formula in the spreadsheet before exporting", among="signed"),
    Shape("null_word", "", "a word for 'no value'", "leave the cell empty, or declare nullSequence",
          words=NULL_WORDS),
    Shape("quotes_inside", r"\".*\"|'.*'|“.*”|`.*`", "quotes that are part of the value",
          "quote once, when the file is written", among="signed"),
    Shape("apostrophe", r"'[^']*", "an apostrophe before the value",
          "take the apostrophe away that makes a spreadsheet show text", among="signed"),
    Shape("formula", r"=.+", "a formula, not its value", "export values instead of formulas", among="signed"),
    # numbers
    Shape("other_digits", r".*[\x{0660}-\x{0669}\x{06F0}-\x{06F9}\x{0966}-\x{096F}\x{FF10}-\x{FF19}].*",
          "digits of another script", "write 0 to 9", (*NUMERIC, *TEMPORAL), among="rare"),
    Shape("other_minus", r"[\x{2212}\x{2010}-\x{2015}\x{FF0D}]\s*[0-9].*", "a dash instead of a minus sign",
          "write the sign - of the keyboard", NUMERIC, among="rare"),
    Shape(AMBIGUOUS, r"[-+]?[1-9][0-9]{0,2}[.,][0-9]{3}", "a separator that may be decimal or thousands",
          "write the number without grouping, with a decimal point", NUMERIC, among="figures"),
    Shape("decimal_comma", r"[-+]?[0-9]*,[0-9]+", "decimal comma", "write a decimal point, or declare decimalChar",
          NUMERIC, among="figures"),
    Shape("float_integer", r"[-+]?[0-9]+\.0*", "a whole number written with decimals",
          "write it without the point; tools do this to whole numbers in a column with empty cells", ("integer",),
          among="figures"),
    Shape("fraction", r"[-+]?[0-9]*\.[0-9]+", "a fraction, agreed was a whole number",
          "send whole numbers, or agree on the type number", ("integer",), among="figures"),
    Shape("decimal_point", r"[-+]?[0-9]*\.[0-9]*", "decimal point, agreed was another sign",
          "write the agreed decimal sign, or change decimalChar", ("number",), among="figures"),
    Shape("number_as_date",
          rf"[0-9]{{1,4}}[./-][0-9]{{1,2}}[./-][0-9]{{1,4}}|(?i:[0-9]{{1,2}}[-. ]{MONTH}|{MONTH}[-. ][0-9]{{2,4}})",
          "a date where a number was agreed",
          "format the column as text before exporting; spreadsheets make dates of numbers", NUMERIC, among="figures"),
    Shape("grouping", r"[-+]?[0-9]{1,3}([., '’\x{00A0}\x{2009}\x{202F}_][0-9]{2,3})+([.,][0-9]+)?",
          "thousands separators", "write the number without grouping", NUMERIC, among="figures"),
    Shape("scientific", r"[-+]?[0-9]+([.,][0-9]+)?[eE][-+]?[0-9]+", "scientific notation",
          "format the column as text before exporting: digits may be lost already", ("integer", "number")),
    Shape("scientific", r"[0-9]([.,][0-9]+)?[eE]\+[0-9]{2,3}", "scientific notation",
          "format the column as text before exporting: digits may be lost already", ("string",)),
    Shape("too_big", r"[-+]?[0-9]{19,}", "a number beyond 64 bits", "agree on the type string", ("integer",),
          among="figures"),
    Shape("not_finite", r"[-+]?((?i:inf|infinity)|∞)", "infinity", "leave the cell empty", NUMERIC),
    Shape("percent", rf"{FIGURE}\s*%", "a percent sign in the number", "write the number alone, as agreed", NUMERIC),
    Shape("currency", rf"[-+]?\s*{CURRENCIES}\s*{FIGURE}|{FIGURE}\s*{CURRENCIES}", "a currency in the number",
          "write the number alone, and the currency into a column of its own", NUMERIC),
    Shape("unit", rf"{FIGURE}\s*(?i:{UNITS})", "a unit in the number",
          "write the number alone, in the agreed unit", NUMERIC),
    Shape("trailing_minus", r"[0-9][0-9., ]*-", "the minus sign behind the number", "write the sign in front",
          NUMERIC, among="figures"),
    Shape("parentheses", rf"\(\s*{SIGNS}?\s*[0-9][0-9., ]*\)", "parentheses for a negative number",
          "write a minus sign", NUMERIC),
    Shape("hexadecimal", r"[-+]?0[xX][0-9a-fA-F]+", "a hexadecimal number", "write it with decimal digits", NUMERIC),
    # dates and times
    Shape("excel_date", r"[2-7][0-9]{4}([.,][0-9]+)?", "a spreadsheet's serial number for a date",
          "export the column as a date", DAYS, among="figures"),
    Shape("unix_time", r"[12][0-9]{9}([.,][0-9]+)?|[12][0-9]{12}|[12][0-9]{15}|[12][0-9]{18}",
          "seconds since 1970", "write a date and time in words of a calendar", DAYS, among="figures"),
    Shape("compact_date", r"(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])(T?[0-9]{4,6}Z?)?",
          "a date without separators", "write it as agreed, or declare the format yyyyMMdd", DAYS, among="figures"),
    Shape("swapped_date", r"[0-9]{4}-(1[3-9]|2[0-9]|3[01])-(0[1-9]|1[0-2])([T ].*)?", "day and month exchanged",
          "write the month before the day: 2026-11-24", DAYS, among="figures"),
    Shape("time_too", r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}.*", "a time behind the date",
          "write the date alone, or agree on a timestamp", ("date",)),
    Shape("date_only", r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "a date without a time",
          "write the time too, or agree on a date", ("timestamp",), among="figures"),
    Shape("impossible_date", r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "a day that does not exist", "send the true date",
          ("date",), among="figures"),
    Shape("am_pm", r".*[0-9]\s*[aApP]\.?[mM]\.?.*", "a time of twelve hours", "write 18:30 instead of 6:30 pm",
          ("timestamp", "time")),
    Shape("month_name", r"(?i:([a-z]{3,9}[.,]? )?[0-9]{1,2}[a-z]{0,2}[-./ ]{1,2}[a-zäéû]{3,9}[-.,/ ]{1,2}[0-9]{2,4}.*"
          r"|[a-zäéû]{3,9}[. ] ?[0-9]{1,2}[a-z]{0,2},? [0-9]{4}.*)", "a month by its name",
          "write the month as a number, or declare the format", DAYS),
    Shape("two_digit_year", r"[0-9]{1,2}[./ -][0-9]{1,2}[./ -][0-9]{2}([ T].*)?", "a year of two digits",
          "write the year with four digits", DAYS, among="figures"),
    Shape("other_date", r"[0-9]{1,4}[./ -][0-9]{1,2}[./ -][0-9]{1,4}.*", "dates in another notation",
          "write them as agreed, or declare the format", DAYS, among="figures"),
    Shape("impossible_time", r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?Z?", "a time that does not exist, or with "
          "too few digits", "write it with two digits each, from 00:00:00 to 23:59:59", ("time",), among="figures"),
    # words
    Shape("other_boolean", "", "another word for true or false", "write true or false", ("boolean",),
          words=BOOLEAN_WORDS),
    Shape("text_in_number", r".*\pL.*", "text where a number was agreed", "write a number, or leave the cell empty",
          NUMERIC),
    Shape("text_in_date", r"[^0-9]*\pL[^0-9]*", "text where a date was agreed",
          "write a date, or leave the cell empty", TEMPORAL),
)  # fmt: skip

#: Code → title and fix; first those that only the whole row, or the rule itself, can tell.
NAMED: dict[str, tuple[str, str]] = {
    "empty": ("empty text", "leave the cell out, or write a value"),
    "repeated_header": (
        "the header again, among the rows",
        "leave the header out when files are joined",
    ),
    "footer": ("a row of totals at the end", "leave totals and counts out of the rows"),
    "shifted_row": ("the cells of the row are shifted by one column", "write every cell of the row, empty ones too"),
    "impossible_time": ("an hour or day that does not exist", "send the true date and time"),
    "no_offset": ("no offset from UTC", "write it with its offset, such as 2026-11-24T06:30:00+01:00"),
    "lost_zeros": ("leading zeros are lost", "format the column as text before exporting"),
    "other_case": ("right but for capitals and small letters", "write capitals and small letters as agreed"),
    "quoted_value": ("a text where a value of another type was agreed", "write the value without quotes, as its type"),
    "unquoted_value": ("a value of another type where a text was agreed", "write it as a text, in quotes"),
    "near_miss": ("nearly an agreed value", "use the agreed spelling"),
} | {shape.code: (shape.title, shape.fix) for shape in reversed(SHAPES)}

#: What a value check found, where no shape of the cell explains it: code, title, fix.
BY_TYPE = {
    "required": ("missing", "no value", "fill the cell"),
    "primaryKey": ("missing", "no value in the key", "fill the cell"),
    "nullValues": ("missing", "no value", "fill the cell"),
    "missingValues": ("missing", "no value", "fill the cell"),
    "minimum": ("too_small", "below the agreed minimum", "correct the value"),
    "exclusiveMinimum": ("too_small", "not above the agreed minimum", "correct the value"),
    "maximum": ("too_large", "above the agreed maximum", "correct the value"),
    "exclusiveMaximum": ("too_large", "not below the agreed maximum", "correct the value"),
    "minLength": ("too_short", "shorter than agreed", "complete the value"),
    "maxLength": ("too_long", "longer than agreed", "shorten the value"),
    "multipleOf": ("not_multiple", "not a multiple", "correct the value"),
    "precision": ("too_precise", "more digits than agreed", "round as agreed, before the file is written"),
    "pattern": ("pattern", "does not match the agreed pattern", "write it as agreed"),
    "format": ("format", "not of the agreed format", "write it as agreed"),
    "enum": ("not_listed", "not one of the agreed values", "use an agreed value"),
    "invalidValues": ("not_listed", "not one of the agreed values", "use an agreed value"),
    "relationship": ("no_such_key", "refers to a key that does not exist", "send the other file first, or correct it"),
    "logicalType": ("wrong_type", "not of the agreed type", "write it as agreed"),
    "sql": ("sql_rows", "a row that a rule of the contract forbids", "correct the row"),
    "extraColumn": ("unknown_key", "a field that was not agreed on", "leave it out, or add it to the contract"),
    "minItems": ("too_few_items", "fewer elements than agreed", "complete the list"),
    "maxItems": ("too_many_items", "more elements than agreed", "shorten the list"),
    "minProperties": ("too_few_items", "fewer keys than agreed", "complete the object"),
    "maxProperties": ("too_many_items", "more keys than agreed", "leave keys out"),
    "uniqueItems": ("repeated_items", "an element stands twice", "write every element once"),
    "dimensions": ("wrong_vector", "a vector of another length", "write as many numbers as agreed"),
    "elementType": ("wrong_vector", "an element that is no number of the agreed kind", "write numbers only"),
    "normalized": ("wrong_vector", "a vector that is not of length 1", "normalise it"),
}
OTHERWISE = ("not_as_agreed", "not as agreed", "correct the value")

#: Checks whose failing cells are looked at for shapes; the others say themselves what is wrong.
SHAPED = ("logicalType", "enum", "invalidValues", "pattern", "format", "relationship")


def words_for(code: str | None, check_type: str) -> tuple[str, str, str]:
    """(code, title, fix) of failing cells that were named with this code, or not at all."""
    default = BY_TYPE.get(check_type, OTHERWISE)
    if code is None or code == default[0] or code not in NAMED:
        return default
    title, fix = NAMED[code]
    return code, title, fix
