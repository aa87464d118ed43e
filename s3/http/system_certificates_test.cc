#include "s3/http/system_certificates.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace s3 {
namespace {

namespace fs = std::filesystem;

class UsualCaFileTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/rootXXXXXX";
    root_ = mkdtemp(pattern.data());
  }
  void TearDown() override { fs::remove_all(root_); }

  void Put(const std::string& file) {
    fs::create_directories(fs::path(root_ + file).parent_path());
    std::ofstream(root_ + file) << "x";
  }

  std::string root_;
};

TEST_P(UsualCaFileTest, IsFound) {
  Put(GetParam());
  EXPECT_EQ(UsualCaFile(root_), root_ + GetParam());
}

INSTANTIATE_TEST_SUITE_P(Distributions, UsualCaFileTest,
                         testing::Values("/etc/ssl/certs/ca-certificates.crt",
                                         "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
                                         "/etc/pki/tls/certs/ca-bundle.crt",
                                         "/etc/ssl/ca-bundle.pem",
                                         "/var/lib/ca-certificates/ca-bundle.pem",
                                         "/etc/ssl/cert.pem"));

TEST_F(UsualCaFileTest, IsEmptyWithoutOne) { EXPECT_EQ(UsualCaFile(root_), ""); }

}  // namespace
}  // namespace s3
