// What a column of random texts is sent as, printed back the way its texts are written, is the
// texts that were read, or a text is among the values that do not fit.
#include <gtest/gtest.h>

#include <charconv>
#include <cmath>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "arrow/array.h"
#include "arrow/array/concatenate.h"
#include "arrow/scalar.h"
#include "base/testing.h"
#include "formats/format.h"
#include "formats/text/testing/read_text.h"

namespace formats {
namespace {

using Random = std::mt19937_64;

int64_t Below(Random& random, int64_t limit) {
  return std::uniform_int_distribution<int64_t>(0, limit - 1)(random);
}

std::string Digits(Random& random, int64_t count) {
  std::string digits;
  for (int64_t i = 0; i < count; ++i) digits += static_cast<char>('0' + Below(random, 10));
  return digits;
}

std::string Two(int64_t value) { return (value < 10 ? "0" : "") + std::to_string(value); }

std::string RandomDate(Random& random) {
  return std::to_string(1500 + Below(random, 900)) + "-" + Two(1 + Below(random, 12)) + "-" +
         Two(1 + Below(random, 29));
}

std::string RandomTime(Random& random) {
  static const std::vector<std::string> zones = {"", "Z", "+00:00", "+00", "+02:00"};
  std::string text = RandomDate(random) + (Below(random, 4) == 0 ? " " : "T") +
                     Two(Below(random, 24)) + ":" + Two(Below(random, 60)) + ":" +
                     Two(Below(random, 60));
  if (const int64_t digits = Below(random, 11); digits > 0) text += "." + Digits(random, digits);
  return text + zones[static_cast<size_t>(Below(random, 5))];
}

std::string RandomDouble(Random& random) {
  char text[64];
  const double value =
      std::ldexp(static_cast<double>(random()), static_cast<int>(Below(random, 80)) - 80);
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return {text, static_cast<size_t>(end - text)};
}

// One kind of text; a column has one kind most of the time, and then another one creeps in.
std::string RandomText(Random& random, int64_t kind) {
  static const std::vector<std::string> odd = {
      "true", "False", "TRUE", "-0",  "-0.0", "0",    "1e5",     "1e+05",     "NaN",
      "inf",  "007",   "+1",   "1.",  ".5",   "0x10", "x",       " 1",        "1 ",
      "NULL", "\\N",   "",     "1_0", "--1",  "1e",   "1.5e-07", "2024-13-01"};
  switch (kind) {
    case 0:
      return std::to_string(Below(random, 1000) - 500);
    case 1:
      return Digits(random, 1 + Below(random, 22));
    case 2:
      return std::to_string(Below(random, 100)) + "." + Digits(random, 2);
    case 3:
      return RandomDouble(random);
    case 4:
      return RandomDate(random);
    case 5:
      return RandomTime(random);
    case 6:
      return Below(random, 2) == 0 ? "true" : "false";
    case 7:
      return std::to_string(Below(random, 50)) + "." + Digits(random, 1 + Below(random, 18));
    default:
      return odd[static_cast<size_t>(Below(random, static_cast<int64_t>(odd.size())))];
  }
}

// How a column writes its values, taken from its texts alone.
struct Style {
  std::set<size_t> scales;
  std::set<size_t> fractions;
  char separator = 'T';
  std::string zone;
  char bool_case = 'l';
  bool point_zero = false;

  void Learn(const std::string& text) {
    const size_t point = text.find('.');
    if (text.find(':') != std::string::npos) {
      separator = text[10];
      const size_t end =
          point == std::string::npos ? 19 : text.find_first_not_of("0123456789", point + 1);
      zone = end == std::string::npos || end >= text.size() ? "" : text.substr(end);
      fractions.insert(point == std::string::npos ? 0 : std::min(end, text.size()) - point - 1);
    } else {
      scales.insert(point == std::string::npos ? 0 : text.size() - point - 1);
      if (text.ends_with(".0")) point_zero = true;
    }
    if (text == "True" || text == "False") bool_case = 't';
    if (text == "TRUE" || text == "FALSE") bool_case = 'u';
  }
};

std::string PrintDouble(double value, const Style& style, const std::string& text) {
  char out[400];
  const bool fixed =
      style.scales.size() == 1 && *style.scales.begin() > 0 && text.find('e') == std::string::npos;
  if (fixed) {
    const auto end = std::to_chars(out, out + sizeof out, value, std::chars_format::fixed,
                                   static_cast<int>(*style.scales.begin()))
                         .ptr;
    return {out, static_cast<size_t>(end - out)};
  }
  const auto format = text.find('e') == std::string::npos ? std::chars_format::fixed
                                                          : std::chars_format::scientific;
  const auto end = std::to_chars(out, out + sizeof out, value, format).ptr;
  std::string printed(out, static_cast<size_t>(end - out));
  if (style.point_zero && printed.find_first_of(".e") == std::string::npos) printed += ".0";
  return printed;
}

std::string PrintTime(const arrow::Array& array, int64_t row, const Style& style,
                      const std::string& text) {
  const auto scalar = *array.GetScalar(row);
  // "2024-01-01 00:00:00.123456", perhaps with "Z".
  std::string printed = scalar->ToString();
  if (printed.ends_with('Z')) printed.pop_back();
  printed[10] = style.separator;
  std::string fraction = printed.size() > 20 ? printed.substr(20) : "";
  printed.resize(19);
  if (style.fractions.size() == 1) {
    fraction.resize(*style.fractions.begin(), '0');
  } else {
    while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  }
  return printed + (fraction.empty() ? "" : "." + fraction) + style.zone;
}

std::string Print(const arrow::Array& array, int64_t row, const Style& style,
                  const std::string& text) {
  switch (array.type_id()) {
    case arrow::Type::DOUBLE:
      return PrintDouble(static_cast<const arrow::DoubleArray&>(array).Value(row), style, text);
    case arrow::Type::TIMESTAMP:
      return PrintTime(array, row, style, text);
    case arrow::Type::BOOL: {
      const bool value = static_cast<const arrow::BooleanArray&>(array).Value(row);
      if (style.bool_case == 'u') return value ? "TRUE" : "FALSE";
      if (style.bool_case == 't') return value ? "True" : "False";
      return value ? "true" : "false";
    }
    default:
      return (*array.GetScalar(row))->ToString();
  }
}

bool IsNull(const std::string& text) { return text.empty() || text == "NULL" || text == "\\N"; }

TEST(Inference, SendsWhatPrintedBackIsTheTextThatWasRead) {
  const auto format = FindFormat("csv");
  Random random(20240229);
  std::set<std::string> types;
  for (int round = 0; round < 6000; ++round) {
    const int64_t kind = Below(random, 9), other = Below(random, 9);
    const int64_t rows = 1 + Below(random, 12);
    std::vector<std::string> texts;
    Style style;
    std::string content = "id,v\n";
    for (int64_t i = 0; i < rows; ++i) {
      texts.push_back(RandomText(random, Below(random, 12) == 0 ? other : kind));
      content += "0," + texts.back() + "\n";
      if (!IsNull(texts.back())) style.Learn(texts.back());
    }
    const auto read = ReadTextObject(*format, "a.csv", content);
    ASSERT_TRUE(read.ok()) << read.status() << content;
    ASSERT_EQ(read->rows->num_rows(), rows);
    EXPECT_TRUE(read->misfits.empty()) << content;
    types.insert(read->rows->column(1)->type()->ToString());
    const auto array = *arrow::Concatenate(read->rows->column(1)->chunks());
    for (int64_t i = 0; i < rows; ++i) {
      const std::string& text = texts[static_cast<size_t>(i)];
      ASSERT_EQ(array->IsNull(i), IsNull(text)) << content;
      if (IsNull(text)) continue;
      ASSERT_EQ(Print(*array, i, style, text), text) << array->type()->ToString() << content;
    }
  }
  // All of them were drawn.
  for (const char* type : {"int64", "double", "bool", "string", "date32[day]", "timestamp[us]",
                           "timestamp[us, tz=UTC]", "timestamp[ns]"}) {
    EXPECT_TRUE(types.contains(type)) << type;
  }
}

// Of a number, without zeros around them.
std::string SignificantDigits(const std::string& number) {
  std::string digits;
  for (const char c : number.substr(0, number.find_first_of("eE"))) {
    if (c >= '0' && c <= '9' && (c != '0' || !digits.empty())) digits += c;
  }
  while (!digits.empty() && digits.back() == '0') digits.pop_back();
  return digits;
}

// Other than above, the types come from elsewhere, as from the state.
TEST(Inference, KeepsTextsThatDoNotFitATypeThatWasDecidedBefore) {
  const auto format = FindFormat("csv");
  Random random(7);
  const std::vector<std::shared_ptr<arrow::DataType>> types = {
      arrow::int64(),
      arrow::float64(),
      arrow::boolean(),
      arrow::date32(),
      arrow::timestamp(arrow::TimeUnit::MICRO),
      arrow::timestamp(arrow::TimeUnit::NANO, "UTC")};
  int64_t unfit = 0;
  for (int round = 0; round < 3000; ++round) {
    const auto& type =
        types[static_cast<size_t>(Below(random, static_cast<int64_t>(types.size())))];
    const std::string text = RandomText(random, Below(random, 9));
    const KnownColumns known{.announced = {arrow::schema({arrow::field("v", type)})}};
    const auto read = ReadTextObject(*format, "a.csv", "id,v\n0," + text + "\n", known);
    ASSERT_TRUE(read.ok()) << read.status() << text;
    ASSERT_TRUE(read->rows->column(1)->type()->Equals(*type));
    const auto array = read->rows->column(1)->chunk(0);
    if (IsNull(text)) {
      EXPECT_TRUE(array->IsNull(0));
    } else if (array->IsNull(0)) {
      ++unfit;
      EXPECT_EQ(read->misfits, std::vector<std::string>{"v@line 2=" + text});
    } else if (type->id() == arrow::Type::DOUBLE) {
      // The number; with how many zeros it was written belongs to the column.
      const double value = static_cast<const arrow::DoubleArray&>(*array).Value(0);
      EXPECT_EQ(SignificantDigits(PrintDouble(value, {}, text)), SignificantDigits(text)) << text;
      EXPECT_EQ(value, std::stod(text));
    } else {
      Style style;
      style.Learn(text);
      EXPECT_EQ(Print(*array, 0, style, text), text) << type->ToString();
    }
  }
  EXPECT_GT(unfit, 1000);
}

}  // namespace
}  // namespace formats
