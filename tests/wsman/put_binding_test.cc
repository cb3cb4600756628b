#include "wsman/put_binding.h"

#include <gtest/gtest.h>

#include <array>

#include "fake_resource.h"
#include "wsman/namespaces.h"

namespace wsman {
namespace {

constexpr const char* kUri = "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/test/TestSensor";
constexpr const char* kDmtfUri = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/TestSensor";

Element Leaf(std::string name, std::string text) {
  Element element;
  element.name_space = kUri;
  element.name = std::move(name);
  element.text = std::move(text);
  return element;
}

Element Nil(std::string name) {
  Element element = Leaf(std::move(name), "");
  element.nil = true;
  return element;
}

Request Document(std::vector<Element> children, const char* name_space = kUri) {
  Request request;
  request.body_children = 1;
  request.body = Leaf("TestSensor", "");
  request.body->name_space = name_space;
  request.body->children = std::move(children);
  return request;
}

Result<PropertyChanges> Bind(const Request& request,
                             const schema::Instance& present = MakeSensor(1)) {
  return BindRepresentation(request, {{"Id", "1"}}, present);
}

// "Name=value" of each change.
std::vector<std::string> ChangesOf(const Result<PropertyChanges>& changes) {
  std::vector<std::string> texts;
  if (!changes) return {changes.error().text};
  for (const PropertyChange& change : *changes)
    texts.push_back(std::string(change.property->name) + "=" + schema::ToText(change.value));
  return texts;
}

FaultCode CodeOf(const Result<PropertyChanges>& changes) {
  EXPECT_FALSE(changes.has_value());
  return changes ? FaultCode::kInternalError : changes.error().code;
}

using Texts = std::vector<std::string>;

TEST(PutBindingTest, OnlyWhatDiffersIsAChange) {
  EXPECT_EQ(ChangesOf(Bind(
                Document({Leaf("Name", "sensor 1"), Leaf("Active", "True"), Leaf("Level", "8")}))),
            Texts{"Level=8"});
  EXPECT_EQ(ChangesOf(Bind(Document({}))), Texts{});
}

TEST(PutBindingTest, ReadOnlyPropertiesAreIgnoredWhateverTheySay) {
  Element part = Leaf("Parts", "");
  part.children.push_back(Leaf("Label", "changed"));
  EXPECT_EQ(ChangesOf(Bind(Document({Leaf("Total", "1"), Leaf("Total", "no number"), Nil("Total"),
                                     part, part, Nil("Codes"), Leaf("Codes", "x")}))),
            Texts{});
}

TEST(PutBindingTest, AKeyMayBeRepeatedButNotChanged) {
  EXPECT_EQ(ChangesOf(Bind(Document({Leaf("Id", "1")}))), Texts{});
  EXPECT_EQ(ChangesOf(Bind(Document({Nil("Id")}))), Texts{});
  EXPECT_EQ(CodeOf(Bind(Document({Leaf("Id", "2")}))), FaultCode::kRepresentationInvalidValues);
}

TEST(PutBindingTest, AnUnknownPropertyIsAFault) {
  EXPECT_EQ(CodeOf(Bind(Document({Leaf("Nam", "x")}))), FaultCode::kRepresentationInvalidValues);
}

TEST(PutBindingTest, ABadValueIsNamedWithItsProperty) {
  const auto changes = Bind(Document({Leaf("Level", "high")}));
  EXPECT_EQ(CodeOf(changes), FaultCode::kRepresentationInvalidValues);
  EXPECT_NE(changes.error().text.find("Level"), std::string::npos);
  EXPECT_NE(changes.error().text.find("'high'"), std::string::npos);
  EXPECT_EQ(CodeOf(Bind(Document({Leaf("Level", "256")}))),
            FaultCode::kRepresentationInvalidValues);
  EXPECT_EQ(CodeOf(Bind(Document({Leaf("Level", "1"), Leaf("Level", "2")}))),
            FaultCode::kRepresentationInvalidValues);
}

TEST(PutBindingTest, ElementsInsideAScalarAreAFault) {
  Element name = Leaf("Name", "");
  name.children.push_back(Leaf("b", ""));
  EXPECT_EQ(CodeOf(Bind(Document({name}))), FaultCode::kRepresentationInvalidValues);
}

TEST(PutBindingTest, NilOnAStringEmptiesItOrChangesNothing) {
  schema::Instance sensor = MakeSensor(1);
  EXPECT_EQ(ChangesOf(Bind(Document({Nil("Name")}), sensor)), Texts{"Name="});
  sensor.values[1] = schema::Value(std::string());
  EXPECT_EQ(ChangesOf(Bind(Document({Nil("Name")}), sensor)), Texts{});
  sensor.values[1] = schema::Value();
  EXPECT_EQ(ChangesOf(Bind(Document({Nil("Name")}), sensor)), Texts{});
  EXPECT_EQ(ChangesOf(Bind(Document({Leaf("Name", "")}), sensor)), Texts{});
}

TEST(PutBindingTest, AnEmptyTextTakesAwayWhatMayBeHidden) {
  static constexpr std::array<schema::Property, 1> kProperties = {
      {{.name = "Secret",
        .type = schema::Type::kString,
        .description = "",
        .access = schema::Access::kReadWrite,
        .is_hidden = true}}};
  static constexpr schema::Class kHiding{"TestSensor", "root/test", "", kProperties, {}};
  const schema::Instance nothing_shown = MakeInstance(kHiding, {});
  EXPECT_EQ(ChangesOf(Bind(Document({Leaf("Secret", "")}), nothing_shown)), Texts{"Secret="});
  EXPECT_EQ(ChangesOf(Bind(Document({Leaf("Secret", "x")}), nothing_shown)), Texts{"Secret=x"});
  EXPECT_EQ(ChangesOf(Bind(Document({Nil("Secret")}), nothing_shown)), Texts{});
  EXPECT_EQ(ChangesOf(Bind(Document({}), nothing_shown)), Texts{});
  const schema::Instance shown = MakeInstance(kHiding, {{"Secret", std::string("x")}});
  EXPECT_EQ(ChangesOf(Bind(Document({Leaf("Secret", "x")}), shown)), Texts{});
  EXPECT_EQ(ChangesOf(Bind(Document({Leaf("Secret", "")}), shown)), Texts{"Secret="});
}

TEST(PutBindingTest, NilOnANumberIsAFault) {
  EXPECT_EQ(CodeOf(Bind(Document({Nil("Level")}))), FaultCode::kRepresentationInvalidValues);
}

TEST(PutBindingTest, WhatXmlDoesToAStringIsNoChange) {
  schema::Instance sensor = MakeSensor(1);
  sensor.values[1] = schema::Value(std::string("a\r\nb\rc"));
  EXPECT_EQ(ChangesOf(Bind(Document({Leaf("Name", "a\nb\nc")}), sensor)), Texts{});
  EXPECT_EQ(ChangesOf(Bind(Document({Leaf("Name", "a\nb c")}), sensor)), Texts{"Name=a\nb c"});
  sensor.values[1] = schema::Value(std::string(" \t "));
  EXPECT_EQ(ChangesOf(Bind(Document({Leaf("Name", "")}), sensor)), Texts{});
  sensor.values[1] = schema::Value(std::string("x "));
  EXPECT_EQ(ChangesOf(Bind(Document({Leaf("Name", "x")}), sensor)), Texts{"Name=x"});
}

TEST(PutBindingTest, BothUriFamiliesNameTheClass) {
  EXPECT_TRUE(Bind(Document({Leaf("Level", "1")}, kDmtfUri)).has_value());
  EXPECT_TRUE(Bind(Document({}, "wmi/root/test/TestSensor")).has_value());
  EXPECT_EQ(CodeOf(Bind(Document({}, "urn:other"))), FaultCode::kRepresentationInvalidNamespace);
  EXPECT_EQ(CodeOf(Bind(Document({}, ""))), FaultCode::kRepresentationInvalidNamespace);
}

TEST(PutBindingTest, APropertyInAForeignNamespaceIsAFault) {
  Element level = Leaf("Level", "1");
  level.name_space = "urn:other";
  EXPECT_EQ(CodeOf(Bind(Document({level}))), FaultCode::kRepresentationInvalidNamespace);
  level.name_space = "";
  EXPECT_TRUE(Bind(Document({level})).has_value());
}

TEST(PutBindingTest, TheLocationThatWindowsAddsIsSkipped) {
  Element location = Leaf("Location", "x");
  location.name_space = std::string(ns::kCim);
  EXPECT_EQ(ChangesOf(Bind(Document({location}))), Texts{});
}

TEST(PutBindingTest, TheBodyIsOneInstanceOfTheClass) {
  EXPECT_EQ(CodeOf(Bind(Request{})), FaultCode::kInvalidRepresentation);
  Request two = Document({});
  two.body_children = 2;
  EXPECT_EQ(CodeOf(Bind(two)), FaultCode::kInvalidRepresentation);
  Request other = Document({});
  other.body->name = "TestPart";
  EXPECT_EQ(CodeOf(Bind(other)), FaultCode::kInvalidRepresentation);
  Request text = Document({});
  text.body->text = "Level=9";
  EXPECT_EQ(CodeOf(Bind(text)), FaultCode::kInvalidRepresentation);
}

Request Fragment(Element content) {
  Request request;
  request.body_children = 1;
  request.body = Element{};
  request.body->name = "XmlFragment";
  request.body->name_space = std::string(ns::kWsman);
  request.body->children.push_back(std::move(content));
  return request;
}

TEST(PutBindingTest, AFragmentChangesItsPropertyOnly) {
  const auto path = ParseFragmentPath(Sensor(), "Level");
  ASSERT_TRUE(path.has_value());
  EXPECT_EQ(ChangesOf(BindFragment(Fragment(Leaf("Level", "9")), *path, MakeSensor(1))),
            Texts{"Level=9"});
  EXPECT_EQ(ChangesOf(BindFragment(Fragment(Leaf("Level", "7")), *path, MakeSensor(1))), Texts{});
  EXPECT_EQ(CodeOf(BindFragment(Fragment(Leaf("Name", "9")), *path, MakeSensor(1))),
            FaultCode::kRepresentationInvalidFragment);
  EXPECT_EQ(CodeOf(BindFragment(Document({Leaf("Level", "9")}), *path, MakeSensor(1))),
            FaultCode::kRepresentationInvalidFragment);
}

TEST(PutBindingTest, ATextFragmentIsTheTextOfTheWrapper) {
  const auto path = ParseFragmentPath(Sensor(), "Level/text()");
  ASSERT_TRUE(path.has_value());
  Request request = Fragment({});
  request.body->children.clear();
  request.body->text = "9";
  EXPECT_EQ(ChangesOf(BindFragment(request, *path, MakeSensor(1))), Texts{"Level=9"});
}

TEST(PutBindingTest, AReadOnlyFragmentIsAFault) {
  const auto path = ParseFragmentPath(Sensor(), "Total");
  ASSERT_TRUE(path.has_value());
  EXPECT_EQ(CodeOf(BindFragment(Fragment(Leaf("Total", "9")), *path, MakeSensor(1))),
            FaultCode::kRepresentationInvalidValues);
}

}  // namespace
}  // namespace wsman
