#include "source/tables/extra_columns.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <numeric>
#include <span>
#include <utility>

#include "arrow/array/array_primitive.h"
#include "arrow/array/util.h"
#include "arrow/buffer.h"
#include "arrow/type_traits.h"
#include "base/error.h"
#include "base/text.h"
#include "base/utf8.h"
#include "cloudquery/table.h"
#include "cloudquery/types/column_names.h"
#include "cloudquery/types/described_columns.h"
#include "source/schema/fit_values.h"
#include "source/schema/rescued.h"

namespace source {
namespace {

std::shared_ptr<arrow::DataType> TypeOfTime() {
  return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
}

std::shared_ptr<arrow::Field> FieldOf(MetadataColumn column) {
  switch (column) {
    case MetadataColumn::kKey:
      return arrow::field("_s3_key", arrow::utf8());
    case MetadataColumn::kLastModified:
      return arrow::field("_s3_last_modified", TypeOfTime());
    case MetadataColumn::kEtag:
      return arrow::field("_s3_etag", arrow::utf8());
    case MetadataColumn::kSize:
      return arrow::field("_s3_size", arrow::int64());
    case MetadataColumn::kRow:
      return arrow::field("_s3_row", arrow::int64());
  }
  return nullptr;
}

std::shared_ptr<arrow::Scalar> Text(std::string text) {
  return std::make_shared<arrow::StringScalar>(std::move(text));
}

std::shared_ptr<arrow::Scalar> NullText() { return arrow::MakeNullScalar(arrow::utf8()); }

// Without quotes; null when the server gives none.
std::shared_ptr<arrow::Scalar> EtagOf(const s3::ObjectInfo& object) {
  std::string etag = object.etag;
  std::erase(etag, '"');
  return etag.empty() ? NullText() : Text(base::ReplaceInvalidUtf8(etag));
}

// Null: it differs from row to row.
std::shared_ptr<arrow::Scalar> ConstantOf(MetadataColumn column, const s3::ObjectInfo& object) {
  using std::chrono::microseconds;
  switch (column) {
    case MetadataColumn::kKey:
      return Text(base::ReplaceInvalidUtf8(object.key));
    case MetadataColumn::kLastModified:
      return std::make_shared<arrow::TimestampScalar>(
          std::chrono::floor<microseconds>(object.last_modified).time_since_epoch().count(),
          TypeOfTime());
    case MetadataColumn::kEtag:
      return EtagOf(object);
    case MetadataColumn::kSize:
      return std::make_shared<arrow::Int64Scalar>(object.size_bytes);
    case MetadataColumn::kRow:
      return nullptr;
  }
  return nullptr;
}

int64_t BytesOf(const arrow::Scalar* constant) {
  constexpr int64_t kFixedBytes = 9;  // an offset or a number, and validity
  if (constant == nullptr || !constant->is_valid ||
      !arrow::is_base_binary_like(constant->type->id())) {
    return kFixedBytes;
  }
  return kFixedBytes + static_cast<const arrow::BaseBinaryScalar*>(constant)->value->size();
}

arrow::Result<std::shared_ptr<arrow::Array>> Positions(int64_t first, int64_t rows,
                                                       arrow::MemoryPool* pool) {
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> buffer,
                        arrow::AllocateBuffer(rows * static_cast<int64_t>(sizeof(int64_t)), pool));
  const std::span values(buffer->mutable_data_as<int64_t>(), static_cast<size_t>(rows));
  std::iota(values.begin(), values.end(), first);
  return std::make_shared<arrow::Int64Array>(rows, std::move(buffer));
}

using base::Quoted;

bool HasName(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::any_of(
      names, [&](const std::string& other) { return base::EqualsIgnoringAsciiCase(other, name); });
}

// Text, unless `types` has the column.
std::shared_ptr<arrow::Field> TypeOf(const ColumnTypes& types, const std::string& column) {
  const auto given = WithColumnTypes(arrow::schema({arrow::field(column, arrow::utf8())}), types);
  return given->field(0);
}

// Part of a key as a value of the column's type; null: it does not fit.
arrow::Result<std::shared_ptr<arrow::Scalar>> ValueOf(const std::string& text,
                                                      const arrow::Field& type) {
  if (type.type()->id() == arrow::Type::STRING) return Text(text);
  ARROW_ASSIGN_OR_RAISE(const auto texts, arrow::MakeArrayFromScalar(*Text(text), 1));
  cloudquery::ConvertStats stats;
  ARROW_ASSIGN_OR_RAISE(const FittedValues fitted,
                        FitValues(texts, *arrow::field("", arrow::utf8()), type,
                                  {.pool = arrow::default_memory_pool(), .stats = &stats}));
  if (!fitted.misfits.empty()) return nullptr;
  return fitted.values->GetScalar(0);
}

arrow::Status DoesNotFit(const arrow::Field& type) {
  return base::MakeError(base::ErrorKind::kCorrupt,
                         "column " + Quoted(type.name()) +
                             ": the text that the key has for it does not fit " +
                             cloudquery::DescribedTypeText(type) +
                             ". Set a type that holds the text in types, or set rescue: true");
}

}  // namespace

bool ExtraColumns::has(std::string_view name) const { return HasName(path_columns, name); }

void RowExtender::AddPathColumns(const std::vector<std::string>& reserved) {
  std::vector<std::string_view> taken(cloudquery::kInternalColumns.begin(),
                                      cloudquery::kInternalColumns.end());
  taken.insert(taken.end(), reserved.begin(), reserved.end());
  if (extras_.rescue) taken.push_back(kRescuedName);
  for (const auto& emitted : cloudquery::EmittedColumnNames(extras_.path_columns, taken)) {
    path_names_.push_back(emitted.name);
  }
  for (const std::string& column : extras_.path_columns) {
    path_types_.push_back(TypeOf(extras_.types, column));
  }
}

void RowExtender::AddDataColumns(const arrow::Schema& data,
                                 const std::vector<std::string>& metadata_names,
                                 std::vector<std::string>* warnings) {
  std::vector<std::string> names;
  for (int i = 0; i < data.num_fields(); ++i) {
    const std::string& name = data.field(i)->name();
    const auto place = std::ranges::find_if(path_names_, [&](const std::string& path) {
      return base::EqualsIgnoringAsciiCase(path, name);
    });
    if (place != path_names_.end()) {
      replaced_.push_back({i, static_cast<size_t>(place - path_names_.begin()), data.field(i)});
      continue;
    }
    kept_.push_back(i);
    if (!cloudquery::IsRowId(name)) names.push_back(name);
  }
  std::vector<std::string_view> reserved(metadata_names.begin(), metadata_names.end());
  reserved.insert(reserved.end(), path_names_.begin(), path_names_.end());
  const auto emitted = cloudquery::EmittedColumnNames(names, reserved);
  size_t next = 0;
  for (const int index : kept_) {
    const auto& field = data.field(index);
    if (cloudquery::IsRowId(field->name())) {
      fields_.push_back(field);
      continue;
    }
    const cloudquery::EmittedName& name = emitted[next++];
    fields_.push_back(name.why.empty() ? field : field->WithName(name.name));
    if (name.why.empty()) continue;
    warnings->push_back("column " + Quoted(field->name()) + " is sent as " + Quoted(name.name) +
                        ": metadata_columns has a column of that name");
  }
}

std::shared_ptr<const RowExtender> RowExtender::Make(const ExtraColumns& extras,
                                                     const arrow::Schema& data,
                                                     std::vector<std::string>* warnings) {
  auto extender = std::shared_ptr<RowExtender>(new RowExtender());
  extender->extras_ = extras;
  std::vector<std::string> metadata_names;
  for (const MetadataColumn column : extras.metadata) {
    metadata_names.push_back(FieldOf(column)->name());
  }
  extender->AddPathColumns(metadata_names);
  extender->AddDataColumns(data, metadata_names, warnings);
  for (size_t i = 0; i < extender->path_names_.size(); ++i) {
    extender->fields_.push_back(
        cloudquery::SentField(*extender->path_types_[i], extender->path_names_[i]));
  }
  for (const MetadataColumn column : extras.metadata) {
    extender->fields_.push_back(FieldOf(column));
  }
  extender->schema_ = arrow::schema(std::move(extender->fields_));
  return extender;
}

arrow::Result<ExtraValues> RowExtender::ValuesOf(const s3::ObjectInfo& object) const {
  ExtraValues values;
  values.extender_ = shared_from_this();
  const auto of_key = extras_.rules->PathValuesOf(object.key);
  for (size_t i = 0; i < path_types_.size(); ++i) {
    const auto found = std::ranges::find_if(of_key, [&](const PathValue& value) {
      return base::EqualsIgnoringAsciiCase(value.name, extras_.path_columns[i]);
    });
    const arrow::Field& type = *path_types_[i];
    auto& constant = values.constants_.emplace_back(arrow::MakeNullScalar(type.type()));
    if (found == of_key.end() || !found->value) continue;
    ARROW_ASSIGN_OR_RAISE(auto value, ValueOf(*found->value, type));
    if (value != nullptr) {
      constant = std::move(value);
    } else if (extras_.rescue) {
      AddRescuedText(extras_.path_columns[i], *found->value, &values.rescued_);
    } else {
      return DoesNotFit(type);
    }
  }
  for (const MetadataColumn column : extras_.metadata) {
    values.constants_.push_back(ConstantOf(column, object));
  }
  values.arrays_.resize(values.constants_.size());
  return values;
}

std::set<std::string> RowExtender::differing() const {
  const std::lock_guard lock(mutex_);
  return differing_;
}

// Values that differ in their types only are the same.
void RowExtender::Compare(const Replaced& column, const arrow::Array& values,
                          const arrow::Scalar& of_key) const {
  int64_t row = 0;
  while (row < values.length() && values.IsNull(row)) ++row;
  if (row == values.length()) return;
  const auto same = [](const std::shared_ptr<arrow::Array>& one, const arrow::Field& from,
                       const arrow::Field& to, const arrow::Scalar& other) {
    cloudquery::ConvertStats stats;
    const auto fitted =
        FitValues(one, from, to, {.pool = arrow::default_memory_pool(), .stats = &stats});
    return fitted.ok() && fitted->misfits.empty() &&
           fitted->values->GetScalar(0).ValueOrDie()->Equals(other);
  };
  const arrow::Field& key_type = *path_types_[column.path];
  bool is_same = same(values.Slice(row, 1), *column.field, key_type, of_key);
  const arrow::Type::type id = column.field->type()->id();
  // As 01 in a key is the number 1.
  if (!is_same && of_key.is_valid && arrow::is_integer(id)) {
    const auto text = arrow::MakeArrayFromScalar(of_key, 1).ValueOrDie();
    is_same = same(text, key_type, *column.field, *values.GetScalar(row).ValueOrDie());
  }
  if (is_same) return;
  const std::lock_guard lock(mutex_);
  differing_.insert(column.field->name());
}

int64_t ExtraValues::RowsWithin(int64_t bytes) const {
  int64_t row_bytes = 1;
  for (const auto& constant : constants_) row_bytes += BytesOf(constant.get());
  return std::max<int64_t>(1, bytes / row_bytes);
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> ExtraValues::Extend(
    const arrow::RecordBatch& batch, int64_t first_row, arrow::MemoryPool* pool) {
  const int64_t rows = batch.num_rows();
  if (!compared_ && rows > 0) {
    for (const RowExtender::Replaced& column : extender_->replaced_) {
      extender_->Compare(column, *batch.column(column.data), *constants_[column.path]);
    }
    compared_ = true;
  }
  arrow::ArrayVector columns;
  for (const int index : extender_->kept_) columns.push_back(batch.column(index));
  for (size_t i = 0; i < constants_.size(); ++i) {
    if (constants_[i] == nullptr) {
      ARROW_ASSIGN_OR_RAISE(arrays_[i], Positions(first_row, rows, pool));
    } else if (arrays_[i] == nullptr || arrays_[i]->length() < rows) {
      ARROW_ASSIGN_OR_RAISE(arrays_[i], arrow::MakeArrayFromScalar(*constants_[i], rows, pool));
    }
    columns.push_back(arrays_[i]->Slice(0, rows));
  }
  return arrow::RecordBatch::Make(extender_->schema_, rows, std::move(columns));
}

}  // namespace source
