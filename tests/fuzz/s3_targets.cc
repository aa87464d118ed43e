#include <string>

#include "base/error.h"
#include "s3/xml/error_xml.h"
#include "s3/xml/list_xml.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/targets.h"

namespace fuzz {

void ListXml(std::string_view input) {
  const auto page = s3::ParseListPage(std::string(input));
  if (!page.ok()) {
    Require(base::KindOf(page.status()) == base::ErrorKind::kTransport, "a listing's error kind");
    return;
  }
  Require(!page->continuation || !page->continuation->empty(), "a continuation has a token");
  for (const s3::ObjectInfo& object : page->objects) {
    Require(!object.key.empty(), "an object has a key");
    Require(object.size_bytes >= 0, "an object's size is not negative");
  }
}

void ErrorXml(std::string_view input) {
  // Its first byte chooses the status.
  const int http_status = input.empty() ? 500 : 300 + static_cast<unsigned char>(input[0]);
  const std::string_view body = input.empty() ? input : input.substr(1);
  const arrow::Status status = s3::ErrorFromAnswer(
      {.http_status = http_status, .body = body},
      {.what = "cannot read s3://b/k", .bucket = "b", .region = "r", .key = "k"});
  Require(!status.ok(), "an error answer is an error");
  Require(base::InfoOf(status).key == "k", "the error names the key");
}

}  // namespace fuzz
