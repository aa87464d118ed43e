#include "formats/parquet/readable_schema.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "arrow/api.h"
#include "arrow/json/from_string.h"
#include "base/int96_type.h"
#include "base/testing.h"
#include "formats/parquet/fixtures.h"
#include "parquet/column_writer.h"
#include "parquet/file_writer.h"

// The analyzer takes what GroupNode::Make returns for leaked.
// NOLINTBEGIN(clang-analyzer-cplusplus.NewDeleteLeaks)
namespace formats {
namespace {

using base::ErrorKind;
using base::HasMessage;
using base::IsError;
using base::IsOk;
using parquet::ConvertedType;
using parquet::LogicalType;
using parquet::Repetition;
using parquet::schema::GroupNode;
using parquet::schema::NodePtr;
using parquet::schema::NodeVector;
using parquet::schema::PrimitiveNode;
using testing::ElementsAre;
using testing::IsEmpty;

NodePtr Int(const std::string& name, Repetition::type repetition) {
  return PrimitiveNode::Make(name, repetition, parquet::Type::INT32);
}
NodePtr Text(const std::string& name, Repetition::type repetition) {
  return PrimitiveNode::Make(name, repetition, LogicalType::String(), parquet::Type::BYTE_ARRAY);
}
NodePtr Int96(const std::string& name, Repetition::type repetition) {
  return PrimitiveNode::Make(name, repetition, parquet::Type::INT96);
}
NodePtr Group(const std::string& name, const NodeVector& fields,
              Repetition::type repetition = Repetition::OPTIONAL) {
  return GroupNode::Make(name, repetition, fields);
}
NodePtr Map(const std::string& name, const NodePtr& key, const NodePtr& value) {
  return GroupNode::Make(name, Repetition::OPTIONAL,
                         {GroupNode::Make("key_value", Repetition::REPEATED, {key, value})},
                         LogicalType::Map());
}

// What one leaf column holds.
struct Leaf {
  std::vector<int16_t> definition_levels;
  std::vector<int16_t> repetition_levels;
  std::vector<int> ints;
  std::vector<std::string> texts;
  std::vector<parquet::Int96> int96s;
};

template <typename Type, typename Value>
void WriteLeaf(parquet::ColumnWriter* column, const Leaf& leaf, const std::vector<Value>& values) {
  const auto levels = std::max(leaf.definition_levels.size(), values.size());
  static_cast<parquet::TypedColumnWriter<Type>*>(column)->WriteBatch(
      static_cast<int64_t>(levels), leaf.definition_levels.data(),
      leaf.repetition_levels.empty() ? nullptr : leaf.repetition_levels.data(), values.data());
}

std::shared_ptr<arrow::Buffer> WriteLeaves(const NodeVector& columns,
                                           const std::vector<Leaf>& leaves,
                                           bool dictionary = true) {
  auto sink = arrow::io::BufferOutputStream::Create().ValueOrDie();
  parquet::WriterProperties::Builder properties;
  if (!dictionary) properties.disable_dictionary();
  const auto schema = GroupNode::Make("schema", Repetition::REQUIRED, columns);
  auto file = parquet::ParquetFileWriter::Open(sink, std::static_pointer_cast<GroupNode>(schema),
                                               properties.build());
  auto* group = file->AppendRowGroup();
  for (const Leaf& leaf : leaves) {
    auto* column = group->NextColumn();
    if (!leaf.int96s.empty()) {
      WriteLeaf<parquet::Int96Type>(column, leaf, leaf.int96s);
    } else if (!leaf.texts.empty()) {
      std::vector<parquet::ByteArray> texts;
      for (const std::string& text : leaf.texts) texts.emplace_back(text);
      WriteLeaf<parquet::ByteArrayType>(column, leaf, texts);
    } else {
      WriteLeaf<parquet::Int32Type>(column, leaf, leaf.ints);
    }
    column->Close();
  }
  file->Close();
  return sink->Finish().ValueOrDie();
}

void ExpectColumn(const arrow::Table& table, const std::string& name,
                  const std::shared_ptr<arrow::DataType>& type, const std::string& json) {
  const auto column = table.GetColumnByName(name);
  ASSERT_NE(column, nullptr) << table.schema()->ToString();
  const auto expected = std::make_shared<arrow::ChunkedArray>(
      arrow::json::ArrayFromJSONString(type, json).ValueOrDie());
  EXPECT_TRUE(column->Equals(*expected)) << column->type()->ToString() << column->ToString();
}

std::shared_ptr<arrow::Table> Read(const std::shared_ptr<arrow::Buffer>& object,
                                   const ReadOptions& options = {}) {
  const auto file = OpenParquet(object);
  EXPECT_THAT(file, IsOk());
  auto table = ReadAll(**file, *object, options);
  EXPECT_THAT(table, IsOk());
  return *table;
}

// The bytes that are stored in an INT96 column, as JSON of numbers: [nanoseconds, day].
std::vector<parquet::Int96> Stored(const arrow::Array& column) {
  const auto& raw = static_cast<const arrow::FixedSizeBinaryArray&>(
      *static_cast<const arrow::ExtensionArray&>(column).storage());
  std::vector<parquet::Int96> values;
  for (int64_t i = 0; i < raw.length(); ++i) {
    if (raw.IsValid(i)) std::memcpy(&values.emplace_back(), raw.GetValue(i), base::kInt96Bytes);
  }
  return values;
}

const std::vector<parquet::Int96> kTimes = {{{1, 0, 1'721'426}},
                                            {{0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF}},
                                            {{1, 0, 1'721'426}},
                                            {{5, 6, 5'373'484}}};

TEST(ReadableSchema, Int96IsReadAsItIsStored) {
  for (const bool dictionary : {true, false}) {
    const auto object =
        WriteLeaves({Int96("at", Repetition::OPTIONAL)},
                    {{.definition_levels = {1, 0, 1, 1, 1}, .int96s = kTimes}}, dictionary);
    for (const int64_t window_bytes : {0, 64}) {
      for (const int64_t batch_rows : {2, 100}) {
        const auto table =
            Read(object, {.max_batch_rows = batch_rows, .window_bytes = window_bytes});
        EXPECT_TRUE(table->field(0)->type()->Equals(base::Int96Type()));
        EXPECT_EQ(table->column(0)->null_count(), 1);
        EXPECT_EQ(Stored(*table->CombineChunks().ValueOrDie()->column(0)->chunk(0)), kTimes);
      }
    }
  }
}

TEST(ReadableSchema, Int96IsFoundInsideListsStructsAndMaps) {
  const Leaf keys{.definition_levels = {2, 2, 2, 2},
                  .repetition_levels = {0, 1, 0, 1},
                  .texts = {"a", "b", "a", "b"}};
  const Leaf items{
      .definition_levels = {3, 3, 3, 3}, .repetition_levels = {0, 1, 0, 1}, .int96s = kTimes};
  const auto list = GroupNode::Make(
      "l", Repetition::OPTIONAL,
      {GroupNode::Make("list", Repetition::REPEATED, {Int96("element", Repetition::OPTIONAL)})},
      LogicalType::List());
  const auto object = WriteLeaves(
      {Group("s", {Int96("at", Repetition::OPTIONAL)}), list,
       Map("m", Text("key", Repetition::REQUIRED), Int96("value", Repetition::OPTIONAL)),
       Map("o", Text("key", Repetition::OPTIONAL), Int96("value", Repetition::OPTIONAL))},
      {{.definition_levels = {2, 2}, .int96s = {kTimes[0], kTimes[1]}},
       items,
       keys,
       items,
       {.definition_levels = {3, 3, 3, 3},
        .repetition_levels = {0, 1, 0, 1},
        .texts = {"a", "b", "a", "b"}},
       items});
  const auto table = Read(object);
  const auto at = std::make_shared<base::Int96Type>();
  EXPECT_TRUE(table->field(0)->type()->Equals(arrow::struct_({arrow::field("at", at)})));
  EXPECT_TRUE(table->field(1)->type()->Equals(arrow::list(arrow::field("element", at))));
  EXPECT_TRUE(table->field(2)->type()->Equals(arrow::map(arrow::utf8(), at)));
  EXPECT_TRUE(table->field(3)->type()->Equals(arrow::map(arrow::utf8(), at)));
  const auto values = [&](int column) { return table->column(column)->chunk(0); };
  EXPECT_EQ(Stored(*static_cast<const arrow::StructArray&>(*values(0)).field(0)).size(), 2U);
  EXPECT_EQ(Stored(*static_cast<const arrow::ListArray&>(*values(1)).values()), kTimes);
  EXPECT_EQ(Stored(*static_cast<const arrow::MapArray&>(*values(2)).items()), kTimes);
  EXPECT_EQ(Stored(*static_cast<const arrow::MapArray&>(*values(3)).items()), kTimes);
}

// Four maps: null, empty, {a: 1, b: null}, {c: 3}. Levels: 0 the map is null, 1 it is empty, 2 the
// key or value is null, 3 it is there.
const Leaf kKeys{.definition_levels = {0, 1, 3, 3, 3},
                 .repetition_levels = {0, 0, 0, 1, 0},
                 .texts = {"a", "b", "c"}};
const Leaf kValues{
    .definition_levels = {0, 1, 3, 2, 3}, .repetition_levels = {0, 0, 0, 1, 0}, .ints = {1, 3}};
constexpr char kMaps[] = R"([null, [], [["a", 1], ["b", null]], [["c", 3]]])";

TEST(ReadableSchema, AMapWithOptionalKeysIsAMapHoweverItIsAnnotatedAndItsPartsAreNamed) {
  const auto map = [](ConvertedType::type outer, ConvertedType::type inner,
                      const std::string& entries) {
    return GroupNode::Make("m", Repetition::OPTIONAL,
                           {GroupNode::Make(entries, Repetition::REPEATED,
                                            {Text(entries + "_k", Repetition::OPTIONAL),
                                             Int(entries + "_v", Repetition::OPTIONAL)},
                                            inner)},
                           outer);
  };
  for (const NodePtr& column :
       {map(ConvertedType::MAP, ConvertedType::NONE, "key_value"),
        map(ConvertedType::MAP, ConvertedType::MAP_KEY_VALUE, "map"),
        map(ConvertedType::MAP_KEY_VALUE, ConvertedType::NONE, "array"),
        map(ConvertedType::MAP, ConvertedType::NONE, "m_tuple"),
        Map("m", Text("k", Repetition::OPTIONAL), Int("v", Repetition::OPTIONAL))}) {
    const auto object = WriteLeaves({column}, {kKeys, kValues});
    for (const int64_t batch_rows : {1, 3, 100}) {
      const auto table = Read(object, {.max_batch_rows = batch_rows});
      ExpectColumn(*table->CombineChunks().ValueOrDie(), "m",
                   arrow::map(arrow::utf8(), arrow::int32()), kMaps);
    }
  }
}

TEST(ReadableSchema, MapsWithOptionalKeysMayNest) {
  // {a: {x: 1, y: 2}, b: null}
  const auto inner = Map("v", Text("key", Repetition::OPTIONAL), Int("v", Repetition::OPTIONAL));
  const auto object = WriteLeaves(
      {Map("m", Text("key", Repetition::OPTIONAL), inner)},
      {{.definition_levels = {3, 3}, .repetition_levels = {0, 1}, .texts = {"a", "b"}},
       {.definition_levels = {5, 5, 2}, .repetition_levels = {0, 2, 1}, .texts = {"x", "y"}},
       {.definition_levels = {5, 5, 2}, .repetition_levels = {0, 2, 1}, .ints = {1, 2}}});
  ExpectColumn(*Read(object), "m",
               arrow::map(arrow::utf8(), arrow::map(arrow::utf8(), arrow::int32())),
               R"([[["a", [["x", 1], ["y", 2]]], ["b", null]]])");
}

TEST(ReadableSchema, AMapInsideAListAndAStructMayHaveOptionalKeys) {
  // {l: [{a: 1}]}
  const auto map = GroupNode::Make(
      "s", Repetition::REQUIRED,
      {GroupNode::Make("l", Repetition::REQUIRED,
                       {GroupNode::Make("list", Repetition::REPEATED,
                                        {Map("element", Text("k", Repetition::OPTIONAL),
                                             Int("v", Repetition::REQUIRED))})},
                       LogicalType::List())});
  const auto object =
      WriteLeaves({map}, {{.definition_levels = {4}, .repetition_levels = {0}, .texts = {"a"}},
                          {.definition_levels = {3}, .repetition_levels = {0}, .ints = {1}}});
  const auto table = Read(object);
  const auto element = arrow::map(arrow::utf8(), arrow::field("v", arrow::int32(), false));
  const auto list = arrow::list(arrow::field("element", element));
  ExpectColumn(*table, "s", arrow::struct_({arrow::field("l", list, false)}),
               R"([{"l": [[["a", 1]]]}])");
}

TEST(ReadableSchema, AMapThatIsTheRepeatedGroupOfAListMayHaveOptionalKeys) {
  // [{a: 1}, {}], as writers of two-level lists nest them.
  const auto list = GroupNode::Make(
      "l", Repetition::OPTIONAL,
      {GroupNode::Make(
          "array", Repetition::REPEATED,
          {GroupNode::Make("map", Repetition::REPEATED,
                           {Text("k", Repetition::OPTIONAL), Int("v", Repetition::OPTIONAL)})},
          LogicalType::Map())},
      LogicalType::List());
  const auto object = WriteLeaves(
      {list}, {{.definition_levels = {4, 2}, .repetition_levels = {0, 1}, .texts = {"a"}},
               {.definition_levels = {4, 2}, .repetition_levels = {0, 1}, .ints = {1}}});
  const auto map = arrow::map(arrow::utf8(), arrow::int32());
  ExpectColumn(*Read(object), "l", arrow::list(arrow::field("array", map, false)),
               R"([[[["a", 1]], []]])");
}

TEST(ReadableSchema, OptionalKeysWithoutValuesAreAListOfKeys) {
  const auto keys = GroupNode::Make(
      "m", Repetition::OPTIONAL,
      {GroupNode::Make("key_value", Repetition::REPEATED, {Text("key", Repetition::OPTIONAL)})},
      LogicalType::Map());
  ExpectColumn(*Read(WriteLeaves({keys}, {kKeys})), "m",
               arrow::list(arrow::field("key", arrow::utf8())), R"([null, [], ["a", "b"], ["c"]])");
}

TEST(ReadableSchema, AnEntryWithoutAKeyIsAnErrorThatNamesTheColumn) {
  Leaf keys = kKeys;
  keys.definition_levels[4] = 2;
  keys.texts.pop_back();
  const auto object = WriteLeaves(
      {Group("s", {Map("m", Text("key", Repetition::OPTIONAL), Int("v", Repetition::OPTIONAL))},
             Repetition::REQUIRED)},
      {keys, kValues});
  const auto file = OpenParquet(object).ValueOrDie();
  const auto read = ReadAll(*file, *object);
  EXPECT_THAT(read, IsError(ErrorKind::kUnsupported));
  EXPECT_THAT(read.status(), HasMessage("column s.m: a map has an entry without a key, which no "
                                        "destination's maps can hold"));
}

TEST(ReadableSchema, GroupsWithoutALeafAreDroppedAtAnyDepth) {
  const auto object =
      WriteLeaves({Group("gr\xC3\xB6\xC3\x9F"
                         "e",
                         {}),
                   Int("n", Repetition::REQUIRED),
                   Group("s", {Group("nothing", {}), Int("x", Repetition::OPTIONAL)}),
                   Group("deep", {Group("er", {Group("est", {})})}),
                   Map("m", Text("key", Repetition::REQUIRED), Group("value", {})),
                   Map("o", Text("key", Repetition::OPTIONAL), Group("value", {}))},
                  {{.ints = {1, 2}},
                   {.definition_levels = {2, 0}, .ints = {7}},
                   {.definition_levels = {2, 0}, .repetition_levels = {0, 0}, .texts = {"a"}},
                   {.definition_levels = {3, 0}, .repetition_levels = {0, 0}, .texts = {"b"}}});
  const auto file = OpenParquet(object).ValueOrDie();
  const auto left_out = [](const std::string& path) {
    return "column " + path + " is left out: it is a group without any column that holds values";
  };
  EXPECT_THAT(file->warnings(),
              ElementsAre(left_out("gr\xC3\xB6\xC3\x9F"
                                   "e"),
                          left_out("s.nothing"), left_out("deep"), left_out("m.key_value.value"),
                          left_out("o.key_value.value")));
  const auto table = Read(object);
  EXPECT_THAT(table->ColumnNames(), ElementsAre("n", "s", "m", "o"));
  ExpectColumn(*table, "n", arrow::int32(), "[1, 2]");
  ExpectColumn(*table, "s", arrow::struct_({arrow::field("x", arrow::int32())}),
               R"([{"x": 7}, null])");
  ExpectColumn(*table, "m", arrow::list(arrow::field("key", arrow::utf8(), false)),
               R"([["a"], null])");
  ExpectColumn(*table, "o", arrow::list(arrow::field("key", arrow::utf8())), R"([["b"], null])");
}

TEST(ReadableSchema, OrdinaryColumnsNeedNoChange) {
  const auto object =
      WriteLeaves({Int("n", Repetition::REQUIRED),
                   Map("m", Text("key", Repetition::REQUIRED), Int("v", Repetition::OPTIONAL))},
                  {{.ints = {1}},
                   {.definition_levels = {0}, .repetition_levels = {0}, .texts = {""}},
                   {.definition_levels = {0}, .repetition_levels = {0}}});
  EXPECT_THAT(OpenParquet(object).ValueOrDie()->warnings(), IsEmpty());
  EXPECT_FALSE(NeedsChange(*Group(
      "schema", {Int("n", Repetition::REQUIRED),
                 Map("m", Text("key", Repetition::REQUIRED), Int("v", Repetition::OPTIONAL))})));
}

TEST(ReadableSchema, OtherColumnsOfAFileThatIsChangedKeepTheirTypes) {
  auto table = MixedTable(1000);
  arrow::TimestampBuilder at(arrow::timestamp(arrow::TimeUnit::NANO), arrow::default_memory_pool());
  for (int64_t i = 0; i < 1000; ++i) ASSERT_TRUE(at.Append(i).ok());
  const auto times = std::make_shared<arrow::ChunkedArray>(at.Finish().ValueOrDie());
  const auto with_times =
      table->AddColumn(1, arrow::field("at", times->type()), times).ValueOrDie();
  for (const int options : {0, 1, 2, 3, 4, 5, 6, 7}) {
    const auto read = Read(WriteParquet(*with_times, {.dictionary = (options & 1) != 0,
                                                      .stored_arrow_schema = (options & 2) != 0,
                                                      .int96 = true,
                                                      .pages_v2 = (options & 4) != 0}));
    EXPECT_TRUE(read->field(1)->type()->Equals(base::Int96Type()));
    const auto stored = Stored(*read->column(1)->chunk(0));
    ASSERT_EQ(stored.size(), 1000U);
    EXPECT_EQ(stored[7], (parquet::Int96{{7, 0, 2'440'588}}));
    EXPECT_TRUE(read->RemoveColumn(1).ValueOrDie()->Equals(*Read(WriteParquet(*table))));
  }
}

}  // namespace
}  // namespace formats
// NOLINTEND(clang-analyzer-cplusplus.NewDeleteLeaks)
