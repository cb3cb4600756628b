#include "schema/bits_classes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace schema {
namespace {

using testing::ElementsAre;

template <class Row>
std::vector<std::string> Names(std::span<const Row> rows) {
  std::vector<std::string> names;
  for (const Row& row : rows) names.emplace_back(row.name);
  return names;
}

// "in uint16 Type?" for each parameter, as the documentation lists them.
std::vector<std::string> Signature(std::string_view method) {
  std::vector<std::string> signature;
  for (const Parameter& parameter : FindMethod(BitsClientJob(), method)->parameters) {
    std::string text = parameter.direction == Direction::kIn ? "in " : "out ";
    text += std::string(MofName(parameter.type)) + " " + std::string(parameter.name);
    if (parameter.is_array) text += "[]";
    if (parameter.presence == Presence::kOptional) text += "?";
    signature.push_back(text);
  }
  return signature;
}

TEST(BitsClassesTest, AJobHasSeventeenProperties) {
  EXPECT_THAT(
      Names(BitsClientJob().properties),
      ElementsAre("JobId", "DisplayName", "Description", "Priority", "MinimumRetryDelay",
                  "NoProgressTimeout", "Files", "JobCreationTime", "JobLastModificationTime",
                  "JobCompletionTime", "BytesTotal", "BytesTransferred", "FilesTotal",
                  "FilesTransferred", "TransientErrorCount", "State", "Owner"));
}

TEST(BitsClassesTest, FivePropertiesOfAJobCanBeWritten) {
  std::vector<std::string> writable;
  for (const Property& property : BitsClientJob().properties)
    if (property.access == Access::kReadWrite) writable.emplace_back(property.name);
  EXPECT_THAT(writable, ElementsAre("DisplayName", "Description", "Priority", "MinimumRetryDelay",
                                    "NoProgressTimeout"));
}

TEST(BitsClassesTest, JobIdIsTheOnlyKey) {
  for (const Property& property : BitsClientJob().properties)
    EXPECT_EQ(property.is_key, property.name == "JobId") << property.name;
}

TEST(BitsClassesTest, FilesEmbedsAnArrayOfFiles) {
  const Property* files = FindProperty(BitsClientJob(), "Files");
  EXPECT_TRUE(files->is_array);
  EXPECT_EQ(files->type, Type::kInstance);
  EXPECT_EQ(files->embedded, &BitsClientFile());
}

TEST(BitsClassesTest, AFileHasFivePropertiesAndNoKey) {
  EXPECT_THAT(Names(BitsClientFile().properties),
              ElementsAre("RemoteUrl", "LocalFile", "BytesTotal", "BytesTransferred", "Completed"));
  for (const Property& property : BitsClientFile().properties) {
    EXPECT_FALSE(property.is_key);
    EXPECT_EQ(property.access, Access::kRead);
  }
}

TEST(BitsClassesTest, AJobHasTenMethodsAndOnlyCreateJobIsStatic) {
  EXPECT_THAT(
      Names(BitsClientJob().methods),
      ElementsAre("CreateJob", "AddFile", "SetJobState", "GetError", "SetCredentials",
                  "RemoveCredentials", "SetClientCertificateById", "SetClientCertificateByName",
                  "RemoveClientCertificate", "SetProxySettings"));
  for (const Method& method : BitsClientJob().methods)
    EXPECT_EQ(method.is_static, method.name == "CreateJob") << method.name;
}

TEST(BitsClassesTest, MethodsHaveTheDocumentedParameters) {
  EXPECT_THAT(Signature("CreateJob"),
              ElementsAre("in string DisplayName", "in string RemoteUrl", "in string LocalFile",
                          "in uint16 ServiceAccount?", "in uint16 Type?", "in boolean Suspend?",
                          "in string Description?", "out string JobId"));
  EXPECT_THAT(Signature("AddFile"), ElementsAre("in string remoteUrl", "in string localFile"));
  EXPECT_THAT(Signature("SetJobState"), ElementsAre("in uint16 JobState"));
  EXPECT_THAT(Signature("GetError"),
              ElementsAre("in uint32 LanguageId", "out uint32 ErrorContext", "out uint32 ErrorCode",
                          "out string ContextDescription", "out string ErrorDescription"));
  EXPECT_THAT(Signature("SetCredentials"), ElementsAre("in uint16 Target", "in uint16 Scheme",
                                                       "in string UserName", "in string Password"));
  EXPECT_THAT(Signature("RemoveCredentials"), ElementsAre("in uint16 Target", "in uint16 Scheme"));
  EXPECT_THAT(
      Signature("SetClientCertificateById"),
      ElementsAre("in uint16 CertStoreLocation", "in string StoreName", "in uint8 CertHash[]"));
  EXPECT_THAT(
      Signature("SetClientCertificateByName"),
      ElementsAre("in uint16 CertStoreLocation", "in string StoreName", "in string SubjectName"));
  EXPECT_THAT(Signature("RemoveClientCertificate"), ElementsAre());
  EXPECT_THAT(
      Signature("SetProxySettings"),
      ElementsAre("in uint16 ProxyUsage", "in string ProxyList?", "in string ProxyBypassList?"));
}

TEST(BitsClassesTest, NoPropertyIsNamedLikeSomethingOnTheRootElement) {
  // PowerShell looks names up among children, root attributes and prefixes alike.
  for (const std::string_view taken : {"type", "lang", "p", "xsi", "cim"}) {
    EXPECT_EQ(FindProperty(BitsClientJob(), taken), nullptr) << taken;
    EXPECT_EQ(FindProperty(BitsClientFile(), taken), nullptr) << taken;
  }
}

}  // namespace
}  // namespace schema
