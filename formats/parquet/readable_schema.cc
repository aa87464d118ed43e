#include "formats/parquet/readable_schema.h"

#include <algorithm>
#include <utility>

#include "arrow/util/checked_cast.h"
#include "base/error.h"
#include "base/int96_type.h"
#include "parquet/types.h"

namespace formats {
namespace {

using arrow::internal::checked_cast;
using parquet::LogicalType;
using parquet::schema::GroupNode;
using parquet::schema::Node;
using parquet::schema::NodePtr;
using parquet::schema::NodeVector;
using parquet::schema::PrimitiveNode;

const GroupNode& AsGroup(const Node& node) { return checked_cast<const GroupNode&>(node); }

bool IsInt96(const Node& node) {
  return node.is_primitive() &&
         checked_cast<const PrimitiveNode&>(node).physical_type() == parquet::Type::INT96;
}

bool HasLeaf(const Node& node) {
  if (node.is_primitive()) return true;
  const GroupNode& group = AsGroup(node);
  for (int i = 0; i < group.field_count(); ++i) {
    if (HasLeaf(*group.field(i))) return true;
  }
  return false;
}

// A MAP that the library refuses. The names of the parts play no role: writers agree on their order
// only. What has no leaf will be gone, so that the values may be the first part that is left.
bool IsMapWithOptionalKeys(const Node& node) {
  if (node.is_primitive() || node.logical_type() == nullptr || !node.logical_type()->is_map()) {
    return false;
  }
  const GroupNode& map = AsGroup(node);
  if (map.field_count() != 1 || map.field(0)->is_primitive() || !map.field(0)->is_repeated()) {
    return false;
  }
  const GroupNode& entries = AsGroup(*map.field(0));
  if (entries.field_count() > 2) return false;
  for (int i = 0; i < entries.field_count(); ++i) {
    if (HasLeaf(*entries.field(i))) return entries.field(i)->is_optional();
  }
  return false;
}

NodePtr CopyLeaf(const Node& node, parquet::Repetition::type repetition) {
  const auto& leaf = checked_cast<const PrimitiveNode&>(node);
  auto meaning = leaf.logical_type();
  if (meaning == nullptr || meaning->is_invalid()) meaning = LogicalType::None();
  return PrimitiveNode::Make(leaf.name(), repetition, std::move(meaning), leaf.physical_type(),
                             leaf.type_length(), leaf.field_id());
}

NodePtr RawInt96(const Node& leaf, parquet::Repetition::type repetition) {
  return PrimitiveNode::Make(leaf.name(), repetition, LogicalType::None(),
                             parquet::Type::FIXED_LEN_BYTE_ARRAY, base::kInt96Bytes,
                             leaf.field_id());
}

// Nodes know their parents, so a new tree shares none with the old one.
class Copier {
 public:
  Copier(bool decoded, std::vector<std::string>* dropped) : decoded_(decoded), dropped_(dropped) {}

  NodePtr Copy(const Node& node) { return Copy(node, node.repetition()); }

 private:
  // The analyzer takes what GroupNode::Make returns for leaked.
  // NOLINTBEGIN(clang-analyzer-cplusplus.NewDeleteLeaks)
  NodePtr Copy(const Node& node, parquet::Repetition::type repetition) {
    if (node.is_primitive()) {
      return decoded_ && IsInt96(node) ? RawInt96(node, repetition) : CopyLeaf(node, repetition);
    }
    if (IsMapWithOptionalKeys(node)) return CopyMap(AsGroup(node), repetition);
    auto meaning = node.logical_type();
    if (meaning != nullptr && !meaning->is_nested()) meaning = nullptr;
    return GroupNode::Make(node.name(), repetition, CopyFields(AsGroup(node)), std::move(meaning),
                           node.field_id());
  }
  // NOLINTEND(clang-analyzer-cplusplus.NewDeleteLeaks)

  NodePtr CopyMap(const GroupNode& map, parquet::Repetition::type repetition) {
    const GroupNode& entries = AsGroup(*map.field(0));
    NodeVector fields = CopyFields(entries);
    // Keys without values are a list to the library, too.
    const bool is_map = !decoded_ && fields.size() == 2;
    // Required keys have other levels, which matters only where values are decoded.
    if (is_map) fields[0] = Copy(*entries.field(0), parquet::Repetition::REQUIRED);
    // What its writer says of the repeated group is of no use to a list.
    NodePtr new_entries = GroupNode::Make(entries.name(), parquet::Repetition::REPEATED, fields);
    return GroupNode::Make(map.name(), repetition, {std::move(new_entries)},
                           is_map ? LogicalType::Map() : LogicalType::List(), map.field_id());
  }

  NodeVector CopyFields(const GroupNode& group) {
    NodeVector fields;
    for (int i = 0; i < group.field_count(); ++i) {
      const Node& field = *group.field(i);
      if (HasLeaf(field)) {
        fields.push_back(Copy(field));
      } else if (dropped_ != nullptr) {
        dropped_->push_back(field.path()->ToDotString());
      }
    }
    return fields;
  }

  const bool decoded_;
  std::vector<std::string>* const dropped_;
};

std::shared_ptr<arrow::Field> Restored(const arrow::Field& decoded, const arrow::Field& meaning);

arrow::FieldVector RestoredFields(const arrow::FieldVector& decoded,
                                  const arrow::FieldVector& meaning) {
  arrow::FieldVector fields;
  for (size_t i = 0; i < decoded.size(); ++i) {
    fields.push_back(Restored(*decoded[i], *meaning[i]));
  }
  return fields;
}

std::shared_ptr<arrow::DataType> Restored(const arrow::DataType& decoded,
                                          const arrow::DataType& meaning) {
  if (decoded.id() == arrow::Type::FIXED_SIZE_BINARY && meaning.id() == arrow::Type::TIMESTAMP) {
    return std::make_shared<base::Int96Type>();
  }
  const bool same_shape = decoded.num_fields() > 0 && decoded.num_fields() == meaning.num_fields();
  if (!same_shape) return decoded.GetSharedPtr();
  const arrow::FieldVector fields = RestoredFields(decoded.fields(), meaning.fields());
  if (meaning.id() == arrow::Type::MAP) {
    const arrow::FieldVector& entry = fields[0]->type()->fields();
    return std::make_shared<arrow::MapType>(entry[0]->WithNullable(false), entry[1]);
  }
  switch (decoded.id()) {
    case arrow::Type::LIST:
      return arrow::list(fields[0]);
    case arrow::Type::LARGE_LIST:
      return arrow::large_list(fields[0]);
    case arrow::Type::LIST_VIEW:
      return arrow::list_view(fields[0]);
    case arrow::Type::LARGE_LIST_VIEW:
      return arrow::large_list_view(fields[0]);
    case arrow::Type::FIXED_SIZE_LIST:
      return arrow::fixed_size_list(
          fields[0], checked_cast<const arrow::FixedSizeListType&>(decoded).list_size());
    case arrow::Type::STRUCT:
      return arrow::struct_(fields);
    default:
      return decoded.GetSharedPtr();
  }
}

std::shared_ptr<arrow::Field> Restored(const arrow::Field& decoded, const arrow::Field& meaning) {
  return decoded.WithType(Restored(*decoded.type(), *meaning.type()));
}

}  // namespace

bool NeedsChange(const Node& schema) {
  if (schema.is_primitive()) return IsInt96(schema);
  const GroupNode& group = AsGroup(schema);
  if (IsMapWithOptionalKeys(schema)) return true;
  for (int i = 0; i < group.field_count(); ++i) {
    const Node& field = *group.field(i);
    const bool is_empty = field.is_group() && AsGroup(field).field_count() == 0;
    if (is_empty || NeedsChange(field)) return true;
  }
  return false;
}

ReadableSchema MakeReadable(const GroupNode& schema) {
  ReadableSchema readable;
  readable.decoded = Copier(true, &readable.dropped_groups).Copy(schema);
  readable.meaning = Copier(false, nullptr).Copy(schema);
  return readable;
}

std::shared_ptr<arrow::Schema> RestoreMeaning(const arrow::Schema& decoded,
                                              const arrow::Schema& meaning) {
  return arrow::schema(RestoredFields(decoded.fields(), meaning.fields()));
}

arrow::Status CheckMapKeys(const arrow::ArrayData& column, const std::string& path) {
  if (column.type->id() == arrow::Type::EXTENSION) return arrow::Status::OK();
  if (column.type->id() == arrow::Type::MAP &&
      column.child_data[0]->child_data[0]->GetNullCount() > 0) {
    return base::MakeError(base::ErrorKind::kUnsupported,
                           "column " + path + ": a map has an entry without a key, which no " +
                               "destination's maps can hold");
  }
  for (int i = 0; i < column.type->num_fields(); ++i) {
    ARROW_RETURN_NOT_OK(CheckMapKeys(*column.child_data[static_cast<size_t>(i)],
                                     path + "." + column.type->field(i)->name()));
  }
  return arrow::Status::OK();
}

}  // namespace formats
