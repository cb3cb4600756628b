#include "wsman/resource_uri.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wsman {
namespace {

constexpr std::string_view kBits =
    "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/microsoft/bits/BitsClientJob";

TEST(ResourceUriTest, TheWmiFamilyNamesNamespaceAndClass) {
  const auto uri = ParseResourceUri(kBits);
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->family, Family::kWmi);
  EXPECT_EQ(uri->name_space, "root/microsoft/bits");
  EXPECT_EQ(uri->class_name, "BitsClientJob");
  EXPECT_EQ(uri->text, kBits);
}

TEST(ResourceUriTest, TheShortFormMeansTheSame) {
  const auto uri = ParseResourceUri("wmi/root/microsoft/bits/BitsClientJob");
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->family, Family::kWmi);
  EXPECT_EQ(uri->name_space, "root/microsoft/bits");
  EXPECT_EQ(uri->class_name, "BitsClientJob");
}

TEST(ResourceUriTest, PrefixesAreComparedWithoutCaseAndTheSpellingIsKept) {
  const std::string spelt =
      "HTTP://Schemas.Microsoft.com/WBEM/wsman/1/WMI/ROOT/Microsoft/Bits/bitsclientjob";
  const auto uri = ParseResourceUri(spelt);
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->text, spelt);
  EXPECT_EQ(uri->class_name, "bitsclientjob");
}

TEST(ResourceUriTest, TheDmtfFamilyNamesTheClassOnly) {
  const auto uri =
      ParseResourceUri("http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/BitsClientJob");
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->family, Family::kDmtf);
  EXPECT_EQ(uri->name_space, "");
  EXPECT_EQ(uri->class_name, "BitsClientJob");
}

TEST(ResourceUriTest, BothFamiliesHaveAWildcard) {
  EXPECT_EQ(ParseResourceUri("http://schemas.microsoft.com/wbem/wsman/1/wmi/root/microsoft/bits/*")
                ->class_name,
            "*");
  const auto dmtf = ParseResourceUri("http://schemas.dmtf.org/wbem/wscim/1/*");
  ASSERT_TRUE(dmtf);
  EXPECT_EQ(dmtf->class_name, "*");
  EXPECT_EQ(dmtf->family, Family::kDmtf);
}

TEST(ResourceUriTest, OtherUrisNameNoClass) {
  for (const std::string_view text :
       {"", "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd",
        "http://schemas.microsoft.com/wbem/wsman/1/config",
        "http://schemas.dmtf.org/wbem/cim-xml/2/cim-schema/2/*",
        "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/",
        "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/a/b",
        "http://schemas.microsoft.com/wbem/wsman/1/wmi/",
        "http://schemas.microsoft.com/wbem/wsman/1/wmi/BitsClientJob",
        "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/",
        "http://schemas.microsoft.com/wbem/wsman/1/wmi/root//BitsClientJob", "wmi", "wmi/"})
    EXPECT_FALSE(ParseResourceUri(text)) << text;
}

TEST(ResourceUriTest, AnotherClassIsSpeltAfterTheRequest) {
  EXPECT_EQ(UriOfClass(*ParseResourceUri(kBits), "BitsClientFile"),
            "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/microsoft/bits/BitsClientFile");
  EXPECT_EQ(UriOfClass(*ParseResourceUri("WMI/Root/microsoft/bits/*"), "BitsClientJob"),
            "WMI/Root/microsoft/bits/BitsClientJob");
  EXPECT_EQ(
      UriOfClass(*ParseResourceUri("http://schemas.dmtf.org/wbem/wscim/1/*"), "BitsClientJob"),
      "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/BitsClientJob");
}

}  // namespace
}  // namespace wsman
