#include "source/schema/column_types.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/text.h"
#include "cloudquery/types/extension_types.h"
#include "formats/column_selection.h"

namespace source {
namespace {

using FieldPtr = std::shared_ptr<arrow::Field>;
using TypePtr = std::shared_ptr<arrow::DataType>;

constexpr size_t kLongestShown = 40;

// What is between the brackets of "name(...)".
std::optional<std::string_view> Argument(std::string_view text, std::string_view name) {
  if (!text.starts_with(name)) return std::nullopt;
  text.remove_prefix(name.size());
  if (text.size() < 2 || text.front() != '(' || text.back() != ')') return std::nullopt;
  return text.substr(1, text.size() - 2);
}

std::optional<int> Number(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_plain = !text.empty() && text.front() != '-' && (text == "0" || text[0] != '0');
  if (error != std::errc() || end != text.data() + text.size() || !is_plain) return std::nullopt;
  return number;
}

TypePtr DecimalType(std::string_view argument) {
  const size_t comma = argument.find(',');
  if (comma == std::string_view::npos) return nullptr;
  std::string_view scale_text = argument.substr(comma + 1);
  if (scale_text.starts_with(' ')) scale_text.remove_prefix(1);
  const auto precision = Number(argument.substr(0, comma)), scale = Number(scale_text);
  if (!precision || !scale || *precision < 1 || *scale > *precision ||
      *precision > arrow::Decimal256Type::kMaxPrecision) {
    return nullptr;
  }
  if (*precision > arrow::Decimal128Type::kMaxPrecision) {
    return arrow::decimal256(*precision, *scale);
  }
  return arrow::decimal128(*precision, *scale);
}

TypePtr TimestampType(std::string_view unit, const char* zone) {
  if (unit == "ms") return arrow::timestamp(arrow::TimeUnit::MILLI, zone);
  if (unit == "us") return arrow::timestamp(arrow::TimeUnit::MICRO, zone);
  if (unit == "ns") return arrow::timestamp(arrow::TimeUnit::NANO, zone);
  return nullptr;
}

TypePtr PlainType(std::string_view name) {
  static const std::vector<std::pair<std::string_view, TypePtr>> kTypes = {
      {"bool", arrow::boolean()},
      {"int8", arrow::int8()},
      {"int16", arrow::int16()},
      {"int32", arrow::int32()},
      {"int64", arrow::int64()},
      {"uint8", arrow::uint8()},
      {"uint16", arrow::uint16()},
      {"uint32", arrow::uint32()},
      {"uint64", arrow::uint64()},
      {"float", arrow::float32()},
      {"double", arrow::float64()},
      {"text", arrow::utf8()},
      {"binary", arrow::binary()},
      {"date", arrow::date32()},
      {"time", arrow::time64(arrow::TimeUnit::MICRO)},
      {"timestamp", TimestampType("us", "UTC")},
      {"local_timestamp", TimestampType("us", "")},
  };
  const auto found = std::ranges::find(kTypes, name, &decltype(kTypes)::value_type::first);
  if (found != kTypes.end()) return found->second;
  if (const auto argument = Argument(name, "decimal")) return DecimalType(*argument);
  if (const auto argument = Argument(name, "timestamp")) return TimestampType(*argument, "UTC");
  if (const auto argument = Argument(name, "local_timestamp")) return TimestampType(*argument, "");
  return nullptr;
}

// Gives the field at `path` the type; false: there is none.
bool Replace(arrow::FieldVector* fields, std::string_view path, const arrow::Field& type) {
  if (const auto index = formats::FindField(*fields, path)) {
    FieldPtr& field = (*fields)[static_cast<size_t>(*index)];
    field = type.WithName(field->name());
    return true;
  }
  for (size_t dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.', dot + 1)) {
    const auto index = formats::FindField(*fields, path.substr(0, dot));
    if (!index) continue;
    FieldPtr& field = (*fields)[static_cast<size_t>(*index)];
    if (field->type()->id() != arrow::Type::STRUCT) continue;
    arrow::FieldVector inside = field->type()->fields();
    if (!Replace(&inside, path.substr(dot + 1), type)) continue;
    field = field->WithType(arrow::struct_(std::move(inside)));
    return true;
  }
  return false;
}

}  // namespace

FieldPtr FindColumnType(std::string_view name) {
  if (name == "json") return cloudquery::JsonField("");
  if (name == "uuid") return cloudquery::UuidField("");
  TypePtr type = PlainType(name);
  return type == nullptr ? nullptr : arrow::field("", std::move(type));
}

std::string ColumnTypeProblem(std::string_view name) {
  if (FindColumnType(name) != nullptr) return "";
  return base::Quoted(base::Shortened(name, kLongestShown)) + " is not a type";
}

ColumnTypes MakeColumnTypes(const std::map<std::string, std::string>& names) {
  ColumnTypes types;
  for (const auto& [column, name] : names) types.push_back({column, FindColumnType(name)});
  return types;
}

std::shared_ptr<arrow::Schema> WithColumnTypes(const std::shared_ptr<arrow::Schema>& described,
                                               const ColumnTypes& types, std::vector<bool>* found) {
  if (types.empty()) return described;
  arrow::FieldVector fields = described->fields();
  if (found != nullptr) found->resize(types.size());
  for (size_t i = 0; i < types.size(); ++i) {
    const bool has_it = Replace(&fields, types[i].column, *types[i].type);
    if (found != nullptr && has_it) (*found)[i] = true;
  }
  return arrow::schema(std::move(fields));
}

}  // namespace source
