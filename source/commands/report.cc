#include "source/commands/report.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "cloudquery/table.h"
#include "source/commands/row_values.h"
#include "source/commands/text_table.h"

namespace source {
namespace {

using Json = nlohmann::ordered_json;
using base::SafeForTerminal;

// Columns of more tables fill more than a screen.
constexpr size_t kTablesWithColumns = 20;
constexpr double kGigabyte = 1e9;

std::string Count(int64_t number) {
  std::string digits = std::to_string(number);
  for (size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

std::string Count(int64_t number, const std::string& noun) {
  return Count(number) + " " + noun + (number == 1 ? "" : "s");
}

std::string Size(int64_t bytes) {
  constexpr std::array kUnits = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  auto amount = static_cast<double>(bytes);
  size_t unit = 0;
  for (; amount >= 1024 && unit + 1 < kUnits.size(); ++unit) amount /= 1024;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f" : "%.1f", amount);
  return std::string(text.data()) + " " + kUnits[unit];
}

std::string Dollars(double amount) {
  if (amount > 0 && amount < 0.01) return "less than $0.01";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "$%.2f", amount);
  return text.data();
}

double RequestPrice(const SyncCost& cost, const Prices& prices) {
  return static_cast<double>(cost.lists) / 1000 * prices.thousand_lists +
         static_cast<double>(cost.gets) / 1000 * prices.thousand_gets;
}

double TransferPrice(const SyncCost& cost, const Prices& prices) {
  return static_cast<double>(cost.bytes) / kGigabyte * prices.gigabyte;
}

std::string TablesText(const Preview& preview, size_t max_width) {
  TextColumn name{"table", {}}, objects{"objects", {}, true}, size{"size", {}, true},
      to_read{"to read", {}, true}, bytes{"size", {}, true}, rows{"rows", {}, true},
      known{"delivered", {}, true}, archived{"archived", {}, true}, failed{"failed", {}, true};
  for (const TablePreview& table : preview.tables) {
    name.cells.push_back(SafeForTerminal(table.name));
    objects.cells.push_back(Count(table.objects));
    size.cells.push_back(Size(table.bytes));
    to_read.cells.push_back(Count(table.objects_to_read));
    bytes.cells.push_back(Size(table.bytes_to_read));
    rows.cells.push_back(table.rows_to_read ? Count(*table.rows_to_read) : "?");
    known.cells.push_back(Count(table.objects_known));
    archived.cells.push_back(Count(table.objects_archived));
    failed.cells.push_back(Count(table.objects_failed));
  }
  std::vector<TextColumn> columns = {name, objects, size, to_read, bytes, rows};
  // What is zero everywhere says nothing.
  for (const TextColumn& column : {known, archived, failed}) {
    const bool all_zero =
        std::ranges::all_of(column.cells, [](const std::string& cell) { return cell == "0"; });
    if (!all_zero) columns.push_back(column);
  }
  return FormatTable(columns, max_width);
}

// Tables with the same columns are shown together.
std::string ColumnsText(const Preview& preview, size_t max_width) {
  std::vector<std::pair<std::string, const TablePreview*>> groups;
  for (const TablePreview& table : preview.tables) {
    const auto group = std::ranges::find_if(
        groups, [&](const auto& known) { return known.second->columns == table.columns; });
    if (group == groups.end()) {
      groups.emplace_back(table.name, &table);
    } else {
      group->first += ", " + table.name;
    }
  }
  std::string text;
  for (const auto& [names, table] : groups) {
    text += "\n" + SafeForTerminal(names) + "\n";
    if (table->columns.empty()) {
      text += "  no column is known: see the errors below\n";
      continue;
    }
    TextColumn indent{"", std::vector<std::string>(table->columns.size())};
    TextColumn name{"column", {}}, type{"type", {}};
    for (const ColumnPreview& column : table->columns) {
      name.cells.push_back(SafeForTerminal(column.name));
      type.cells.push_back(SafeForTerminal(column.type));
    }
    text += FormatTable({indent, name, type}, max_width);
  }
  return text;
}

std::string IgnoredText(const Preview& preview) {
  std::string text;
  if (preview.tables_filtered_out > 0) {
    text += Count(preview.tables_filtered_out, "table") + " not chosen by tables and skip_tables\n";
  }
  if (preview.passed_over.keys() == 0) return text;
  text += Count(preview.passed_over.keys(), "key") + " ignored\n";
  for (const auto& [why, reason] : preview.passed_over.reasons()) {
    text += "  " + Count(reason.keys) + " " + SafeForTerminal(why) + ", such as " +
            SafeForTerminal(base::Quoted(reason.example)) + "\n";
  }
  return text;
}

std::string CostText(const Report& report) {
  const SyncCost& cost = report.preview.cost;
  std::string text = "A sync takes " + Count(cost.lists, "LIST request") + " and " +
                     Count(cost.gets, "GET request") + ", and reads " + Size(cost.bytes) + ".\n";
  if (!report.prices) return text;
  return text + "Requests cost " + Dollars(RequestPrice(cost, *report.prices)) + ", and transfer " +
         Dollars(TransferPrice(cost, *report.prices)) +
         " where it is charged: not inside the region of the bucket.\n";
}

std::string NotesText(const Report& report) {
  std::string text;
  for (const LogNote& note : report.notes) {
    text += note.value("level", "") + ": " + SafeForTerminal(NoteText(note)) + "\n";
  }
  if (report.notes_dropped > 0) {
    text += "(" + Count(static_cast<int64_t>(report.notes_dropped), "more line") + ")\n";
  }
  return text.empty() ? text : "\n" + text;
}

// A JSON string without its quotes, anything else as it is.
std::string CellText(const std::string& json) {
  const Json value = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  return SafeForTerminal(value.is_string() ? value.get<std::string>() : json);
}

arrow::Result<std::string> RowsText(const FirstRows& rows, size_t max_width) {
  ARROW_ASSIGN_OR_RAISE(const auto values, JsonValues(*rows.schema, rows.batches));
  std::vector<TextColumn> columns;
  for (size_t i = 0; i < values.size(); ++i) {
    const arrow::Field& field = *rows.schema->field(static_cast<int>(i));
    if (cloudquery::IsRowId(field.name())) continue;  // they say nothing about the data
    TextColumn column{
        .title = SafeForTerminal(field.name()),
        .right = arrow::is_integer(field.type()->id()) || arrow::is_floating(field.type()->id())};
    for (const std::string& value : values[i]) column.cells.push_back(CellText(value));
    columns.push_back(std::move(column));
  }
  return "\n" + FormatTable(columns, max_width);
}

arrow::Result<Json> RowsJson(const FirstRows& rows) {
  ARROW_ASSIGN_OR_RAISE(const auto values, JsonValues(*rows.schema, rows.batches));
  Json list = Json::array();
  for (size_t row = 0; row < (values.empty() ? 0 : values[0].size()); ++row) {
    Json object = Json::object();
    for (size_t i = 0; i < values.size(); ++i) {
      object[rows.schema->field(static_cast<int>(i))->name()] = Json::parse(values[i][row]);
    }
    list.push_back(std::move(object));
  }
  return list;
}

Json TableJson(const TablePreview& table) {
  Json columns = Json::array();
  for (const ColumnPreview& column : table.columns) {
    columns.push_back({{"name", column.name}, {"type", column.type}});
  }
  return {{"name", table.name},
          {"objects", table.objects},
          {"bytes", table.bytes},
          {"to_read",
           {{"objects", table.objects_to_read},
            {"bytes", table.bytes_to_read},
            {"rows", table.rows_to_read ? Json(*table.rows_to_read) : Json()}}},
          {"objects_delivered", table.objects_known},
          {"objects_archived", table.objects_archived},
          {"objects_failed", table.objects_failed},
          {"columns", std::move(columns)}};
}

}  // namespace

arrow::Result<Prices> ParsePrices(const std::string& text) {
  Prices prices;
  char end = '\0';
  if (text.empty()) return prices;
  if (std::sscanf(text.c_str(), "%lf,%lf,%lf%c", &prices.thousand_lists, &prices.thousand_gets,
                  &prices.gigabyte, &end) == 3) {
    return prices;
  }
  return base::MakeError(base::ErrorKind::kConfig,
                         "prices are " + base::Quoted(text) +
                             ". Write three numbers with commas between them, such as "
                             "0.005,0.0004,0.09: US dollars for 1,000 LIST requests, for 1,000 GET "
                             "requests, and for a gigabyte");
}

arrow::Result<std::string> ReportText(const Report& report, size_t max_width) {
  const Preview& preview = report.preview;
  const bool show_columns = !report.table.empty() || preview.tables.size() <= kTablesWithColumns;
  std::string text = "Bucket " + report.spec.bucket;
  if (!report.spec.path_prefix.empty()) {
    text += ", keys that begin with " + SafeForTerminal(base::Quoted(report.spec.path_prefix));
  }
  text += "\n\n" + TablesText(preview, max_width);
  if (show_columns && !report.rows) {
    text += ColumnsText(preview, max_width);
  } else if (!show_columns) {
    text += "\nColumns are shown with --table NAME or --json.\n";
  }
  if (report.rows) {
    ARROW_ASSIGN_OR_RAISE(const std::string rows, RowsText(*report.rows, max_width));
    text += rows;
  }
  text += "\n" + IgnoredText(preview) + CostText(report);
  if (!report.state.empty()) text += report.state + "\n";
  return text + NotesText(report);
}

arrow::Result<Json> ReportJson(const Report& report) {
  const Preview& preview = report.preview;
  Json tables = Json::array();
  for (const TablePreview& table : preview.tables) tables.push_back(TableJson(table));
  Json reasons = Json::array();
  for (const auto& [why, reason] : preview.passed_over.reasons()) {
    reasons.push_back({{"why", why}, {"keys", reason.keys}, {"example", reason.example}});
  }
  Json json = {{"bucket", report.spec.bucket},
               {"path_prefix", report.spec.path_prefix},
               {"tables", std::move(tables)},
               {"tables_filtered_out", preview.tables_filtered_out},
               {"ignored", {{"keys", preview.passed_over.keys()}, {"reasons", reasons}}},
               {"sync",
                {{"list_requests", preview.cost.lists},
                 {"get_requests", preview.cost.gets},
                 {"bytes", preview.cost.bytes}}},
               {"state", report.state},
               {"log", report.notes}};
  if (report.prices) {
    json["sync"]["usd_for_requests"] = RequestPrice(preview.cost, *report.prices);
    json["sync"]["usd_for_transfer"] = TransferPrice(preview.cost, *report.prices);
  }
  if (report.rows) {
    ARROW_ASSIGN_OR_RAISE(json["rows"], RowsJson(*report.rows));
  }
  return json;
}

}  // namespace source
