#include "source/spec/format_of_spec.h"

#include <string>
#include <string_view>
#include <utility>

#include "formats/text/text_options.h"

namespace source {
namespace {

char OneByte(const std::string& text) { return text.empty() ? '\0' : text[0]; }

// The value of the first table whose name is `name`; the names were checked.
template <typename Value, size_t kCount>
Value Named(const std::pair<std::string_view, Value> (&values)[kCount], std::string_view name) {
  for (const auto& [its_name, value] : values) {
    if (its_name == name) return value;
  }
  return values[0].second;
}

constexpr std::pair<std::string_view, formats::Encoding> kEncodings[] = {
    {"utf-8", formats::Encoding::kUtf8},
    {"utf-16", formats::Encoding::kUtf16},
    {"latin-1", formats::Encoding::kLatin1},
};
constexpr std::pair<std::string_view, formats::CompressionChoice> kCompressions[] = {
    {"auto", formats::CompressionChoice::kAuto},   {"none", formats::CompressionChoice::kNone},
    {"gzip", formats::CompressionChoice::kGzip},   {"zstd", formats::CompressionChoice::kZstd},
    {"bzip2", formats::CompressionChoice::kBzip2}, {"lz4", formats::CompressionChoice::kLz4},
};
constexpr std::pair<std::string_view, formats::Inference> kInferences[] = {
    {"sample", formats::Inference::kSample},
    {"full", formats::Inference::kFull},
    {"text", formats::Inference::kText},
};
constexpr std::pair<std::string_view, formats::MalformedRow> kMalformedRows[] = {
    {"fail_object", formats::MalformedRow::kFailObject},
    {"skip", formats::MalformedRow::kSkip},
};

formats::CsvOptions CsvOptionsOf(const CsvSpec& csv) {
  return {.delimiter = OneByte(csv.delimiter),
          .quote = OneByte(csv.quote),
          .escape = OneByte(csv.escape),
          .header = csv.header,
          .column_names = csv.column_names,
          .skip_rows = csv.skip_rows,
          .comment = OneByte(csv.comment),
          .null_values = csv.null_values,
          .newlines_in_values = csv.newlines_in_values};
}

formats::TextOptions TextOptionsOf(const Spec& spec, const DatasetSpec& dataset) {
  const CsvSpec& csv = dataset.csv ? *dataset.csv : spec.csv;
  return {.csv = CsvOptionsOf(csv),
          .encoding = Named(kEncodings, csv.encoding),
          .compression = Named(kCompressions, dataset.compression.value_or(spec.compression)),
          .infer = Named(kInferences, dataset.infer.value_or(spec.infer)),
          .on_malformed_row =
              Named(kMalformedRows, dataset.on_malformed_row.value_or(spec.on_malformed_row)),
          .flatten = dataset.flatten.value_or(spec.flatten)};
}

}  // namespace

std::shared_ptr<const formats::Format> FormatOf(const Spec& spec, const DatasetSpec& dataset) {
  return formats::FindFormat(dataset.filetype.value_or(spec.filetype),
                             TextOptionsOf(spec, dataset));
}

bool SameFormat(const Spec& spec, const DatasetSpec& one, const DatasetSpec& other) {
  return one.filetype.value_or(spec.filetype) == other.filetype.value_or(spec.filetype) &&
         TextOptionsOf(spec, one) == TextOptionsOf(spec, other);
}

}  // namespace source
