#include "formats/column_selection.h"

#include <algorithm>
#include <utility>

#include "arrow/array/data.h"
#include "arrow/extension_type.h"
#include "arrow/util/checked_cast.h"
#include "base/text.h"

namespace formats {
namespace {

using arrow::internal::checked_cast;

int LeavesOf(const arrow::DataType& type) {
  if (type.id() == arrow::Type::EXTENSION) {
    return LeavesOf(*checked_cast<const arrow::ExtensionType&>(type).storage_type());
  }
  if (type.num_fields() == 0) return 1;
  int leaves = 0;
  for (const auto& field : type.fields()) leaves += LeavesOf(*field->type());
  return leaves;
}

}  // namespace

std::optional<int> FindField(const arrow::FieldVector& fields, std::string_view name) {
  std::optional<int> folded;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i]->name() == name) return static_cast<int>(i);
    if (!folded && base::EqualsIgnoringAsciiCase(fields[i]->name(), name)) {
      folded = static_cast<int>(i);
    }
  }
  return folded;
}

// Adds the field of that name, or of that path, to what is wanted of `fields`; false: there is
// none.
bool ColumnSelection::Add(const arrow::FieldVector& fields, std::string_view name,
                          std::vector<Wanted>* wanted) {
  const auto place_of = [wanted](int index) {
    const auto place = std::ranges::lower_bound(*wanted, index, {}, &Wanted::index);
    const bool is_new = place == wanted->end() || place->index != index;
    return std::pair(is_new ? wanted->insert(place, {.index = index}) : place, is_new);
  };
  if (const auto index = FindField(fields, name)) {
    place_of(*index).first->fields.clear();
    return true;
  }
  for (size_t dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.', dot + 1)) {
    const auto index = FindField(fields, name.substr(0, dot));
    if (!index) continue;
    const auto& type = fields[static_cast<size_t>(*index)]->type();
    if (type->id() != arrow::Type::STRUCT) continue;
    std::vector<Wanted> inside;
    if (!Add(type->fields(), name.substr(dot + 1), &inside)) continue;
    const auto [place, is_new] = place_of(*index);
    // All of it may be wanted already.
    const bool has_all = !is_new && place->fields.empty();
    if (!has_all) (void)Add(type->fields(), name.substr(dot + 1), &place->fields);
    return true;
  }
  return false;
}

arrow::FieldVector ColumnSelection::Prune(const arrow::FieldVector& fields,
                                          const std::vector<Wanted>& wanted) {
  arrow::FieldVector pruned;
  auto next = wanted.begin();
  for (size_t i = 0; i < fields.size(); ++i) {
    const auto& field = fields[i];
    if (next == wanted.end() || next->index != static_cast<int>(i)) {
      next_leaf_ += LeavesOf(*field->type());
      all_ = false;
    } else if (next->fields.empty()) {
      for (int n = LeavesOf(*field->type()); n > 0; --n) leaves_.push_back(next_leaf_++);
      pruned.push_back(field);
      ++next;
    } else {
      pruned.push_back(
          field->WithType(arrow::struct_(Prune(field->type()->fields(), next->fields))));
      ++next;
    }
  }
  return pruned;
}

ColumnSelection::ColumnSelection(std::shared_ptr<arrow::Schema> schema,
                                 std::span<const std::string> names)
    : schema_(std::move(schema)) {
  if (names.empty()) {
    for (int i = 0; i < schema_->num_fields(); ++i) wanted_.push_back({.index = i});
  }
  for (const std::string& name : names) {
    found_.push_back(Add(schema_->fields(), name, &wanted_));
  }
  arrow::FieldVector pruned = Prune(schema_->fields(), wanted_);
  if (!all_) schema_ = arrow::schema(std::move(pruned));
}

bool ColumnSelection::Has(int index) const {
  return std::ranges::binary_search(wanted_, index, {}, &Wanted::index);
}

std::shared_ptr<arrow::ArrayData> ColumnSelection::Prune(
    const arrow::ArrayData& data, const Wanted& wanted,
    const std::shared_ptr<arrow::DataType>& type) {
  auto pruned = data.Copy();
  if (wanted.fields.empty()) return pruned;
  pruned->type = type;
  pruned->child_data.clear();
  for (const Wanted& field : wanted.fields) {
    const auto place = static_cast<int>(pruned->child_data.size());
    pruned->child_data.push_back(Prune(*data.child_data[static_cast<size_t>(field.index)], field,
                                       type->field(place)->type()));
  }
  return pruned;
}

std::shared_ptr<arrow::RecordBatch> ColumnSelection::Select(
    const std::shared_ptr<arrow::RecordBatch>& batch) const {
  if (all_) return batch;
  arrow::ArrayDataVector columns;
  for (const Wanted& wanted : wanted_) {
    const auto& type = schema_->field(static_cast<int>(columns.size()))->type();
    columns.push_back(Prune(*batch->column_data(wanted.index), wanted, type));
  }
  return arrow::RecordBatch::Make(schema_, batch->num_rows(), std::move(columns));
}

}  // namespace formats
