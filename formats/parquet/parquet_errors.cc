#include "formats/parquet/parquet_errors.h"

#include <exception>
#include <new>
#include <string>

#include "base/error.h"
#include "parquet/exception.h"

namespace formats {
namespace {

using base::ErrorKind;

// The library has no type of its own for "not implemented", only this beginning of the text, see
// ParquetException::NYI.
constexpr std::string_view kNotImplementedText = "Not yet implemented";

constexpr size_t kLongestText = 300;

std::string OneLine(std::string text) {
  if (text.size() > kLongestText) text.resize(kLongestText);
  for (char& c : text) {
    // Beyond ASCII too: the text may quote bytes of a broken file, and the cut may split a
    // character.
    if (c < ' ' || c > '~') c = ' ';
  }
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

ErrorKind KindFor(const arrow::Status& status) {
  if (status.IsOutOfMemory()) return ErrorKind::kLimit;
  const bool unsupported =
      status.IsNotImplemented() || status.message().starts_with(kNotImplementedText);
  return unsupported ? ErrorKind::kUnsupported : ErrorKind::kCorrupt;
}

}  // namespace

arrow::Status StatusOfCurrentException() {
  try {
    throw;
  } catch (const parquet::ParquetStatusException& e) {
    return e.status();
  } catch (const std::bad_alloc&) {
    return arrow::Status::OutOfMemory("not enough memory");
  } catch (const std::exception& e) {
    return arrow::Status::IOError(e.what());
  } catch (...) {
    return arrow::Status::IOError("unknown failure");
  }
}

arrow::Status Classified(const arrow::Status& status, std::string_view where) {
  if (status.ok() || base::KindOf(status) != ErrorKind::kOther) return status;
  return base::MakeError(KindFor(status), std::string(where) + ": " + OneLine(status.message()));
}

}  // namespace formats
