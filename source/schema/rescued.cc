#include "source/schema/rescued.h"

#include <algorithm>

#include "arrow/array/builder_binary.h"
#include "cloudquery/types/convert_json.h"

namespace source {
namespace {

// Rows whose texts are made at a time, so that they do not take the memory of the column twice.
constexpr int64_t kRowsAtOnce = 1024;

// The values of one column, and how far they were written.
struct Writer {
  const UnfitValues& unfit;
  std::string key;
  cloudquery::JsonAppender append;
  size_t next = 0;

  // Adds the values of rows before `end` to the texts of their rows, which begin at `begin`.
  void Write(int64_t begin, int64_t end, std::vector<std::string>* texts) {
    for (; next < unfit.rows.size() && unfit.rows[next] < end; ++next) {
      const int64_t row = unfit.rows[next];
      std::string& text = (*texts)[static_cast<size_t>(row - begin)];
      if (!text.empty()) text += ',';
      text += key;
      append(unfit.values_of_rows ? static_cast<int64_t>(next) : row, &text);
    }
  }
};

std::string KeyOf(std::string_view name) {
  std::string key;
  cloudquery::AppendJsonString(name, &key);
  return key + ':';
}

}  // namespace

void AddRescuedText(std::string_view name, std::string_view text, std::string* members) {
  if (!members->empty()) *members += ',';
  *members += KeyOf(name);
  cloudquery::AppendJsonString(text, members);
}

arrow::Result<cloudquery::ArrayPtr> RescuedColumn(int64_t rows,
                                                  const std::vector<UnfitValues>& unfit,
                                                  std::string_view of_all_rows,
                                                  const cloudquery::ConvertContext& context) {
  std::vector<Writer> writers;
  for (const UnfitValues& values : unfit) {
    ARROW_ASSIGN_OR_RAISE(auto append,
                          cloudquery::MakeJsonAppender(*values.from, values.values, context));
    writers.push_back({values, KeyOf(values.path), std::move(append)});
  }
  arrow::BinaryBuilder builder(context.pool);
  ARROW_RETURN_NOT_OK(builder.Reserve(rows));
  std::vector<std::string> texts;
  for (int64_t begin = 0; begin < rows; begin += kRowsAtOnce) {
    const int64_t end = std::min(rows, begin + kRowsAtOnce);
    texts.assign(static_cast<size_t>(end - begin), std::string(of_all_rows));
    for (Writer& writer : writers) writer.Write(begin, end, &texts);
    for (const std::string& text : texts) {
      if (text.empty()) {
        builder.UnsafeAppendNull();
      } else {
        ARROW_RETURN_NOT_OK(builder.Append("{" + text + "}"));
      }
    }
  }
  return builder.Finish();
}

}  // namespace source
