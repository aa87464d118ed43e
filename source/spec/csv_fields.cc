// The fields of the block csv.
#include <vector>

#include "source/spec/spec_field_parts.h"

namespace source {

std::vector<SpecField> MakeCsvFields() {
  return {
      {.name = "delimiter",
       .title = "Delimiter",
       .description = "What is between values. Empty: a tab in keys that end in `.tsv`, else "
                      "comma, semicolon, tab or bar, whichever the first line has most of.",
       .member = &CsvSpec::delimiter,
       .allowed = kOneByteAllowed,
       .constraints = OneByte(),
       .examples = {";", "\t"}},
      {.name = "quote",
       .title = "Quote",
       .description = "What is around values that hold a delimiter, a quote or a line end. Empty: "
                      "no value is quoted.",
       .member = &CsvSpec::quote,
       .allowed = kOneByteAllowed,
       .constraints = OneByte(),
       .examples = {"'"}},
      {.name = "escape",
       .title = "Escape",
       .description = "What is before a quote within a quoted value. Empty: such a quote is "
                      "doubled.",
       .member = &CsvSpec::escape,
       .allowed = kOneByteAllowed,
       .constraints = OneByte(),
       .examples = {"\\"}},
      {.name = "header",
       .title = "Header",
       .description = "The first line has the names of the columns.",
       .member = &CsvSpec::header,
       .allowed = "true or false",
       .examples = {false}},
      {.name = "column_names",
       .title = "Column names",
       .description = "Names of the columns, instead of those of the header. Without a header and "
                      "without this, they are `column_1` and so on.",
       .member = &CsvSpec::column_names,
       .allowed = "a list of names",
       .examples = Json::array({Json::array({"id", "name"})})},
      {.name = "skip_rows",
       .title = "Skip rows",
       .description = "Number of lines before the header that are not read.",
       .member = &CsvSpec::skip_rows,
       .allowed = "a whole number of at least 0",
       .constraints = {{"minimum", 0}, {"maximum", kMaxCount}},
       .examples = {1}},
      {.name = "comment",
       .title = "Comment",
       .description = "Lines that begin with it are not read. Empty: all lines are.",
       .member = &CsvSpec::comment,
       .allowed = kOneByteAllowed,
       .constraints = OneByte(),
       .examples = {"#"}},
      {.name = "null_values",
       .title = "Null values",
       .description = "Values that are null, unless they are quoted.",
       .member = &CsvSpec::null_values,
       .allowed = "a list of texts",
       .examples = Json::array({Json::array({"", "NA"})})},
      {.name = "encoding",
       .title = "Encoding",
       .description = "How characters are stored. A byte order mark at the beginning of an object "
                      "overrides it, but for `latin-1`.",
       .member = &CsvSpec::encoding,
       .allowed = R"("utf-8", "utf-16" or "latin-1")",
       .constraints = {{"enum", {"utf-8", "utf-16", "latin-1"}}},
       .examples = {"latin-1"}},
      {.name = "newlines_in_values",
       .title = "Newlines in values",
       .description = "A quoted value may hold line ends.",
       .member = &CsvSpec::newlines_in_values,
       .allowed = "true or false",
       .examples = {false}},
  };
}

}  // namespace source
