#include "base/exceptions.h"

#include <exception>
#include <new>
#include <nlohmann/json.hpp>
#include <string>

#include "base/error.h"

namespace base {

arrow::Status StatusOfException() {
  static constexpr char kReport[] = "; this is a bug in the plugin, please report it";
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return MakeError(ErrorKind::kLimit,
                     "out of memory; lower memory_limit or concurrency, or give the plugin "
                     "more memory");
  } catch (const nlohmann::json::exception& error) {
    return MakeError(ErrorKind::kOther,
                     "unexpected JSON error " + std::to_string(error.id) + kReport);
  } catch (const std::exception& error) {
    return MakeError(ErrorKind::kOther, std::string("unexpected error: ") + error.what() + kReport);
  } catch (...) {
    return MakeError(ErrorKind::kOther, std::string("unexpected error of unknown type") + kReport);
  }
}

}  // namespace base
