#include "wsman/wql_evaluate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_resource.h"

namespace wsman::wql {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Result<BoundQuery> BindText(const std::string& text) {
  const Result<Query> query = Parse(text);
  EXPECT_TRUE(query.has_value()) << text << ": " << query.error().text;
  return Bind(query.value_or(Query()), Sensor());
}

schema::Instance Kitchen() {
  return MakeInstance(Sensor(), {{"Id", std::uint64_t{7}},
                                 {"Name", std::string("Kitchen")},
                                 {"Active", true},
                                 {"Total", std::uint64_t{18446744073709551615U}},
                                 {"Codes", std::vector<std::uint64_t>{1, 2}}});
}

// Whether the condition holds for Kitchen, whose Level and Parts are NULL.
bool Holds(const std::string& condition) {
  const auto bound = BindText("SELECT * FROM TestSensor WHERE " + condition);
  EXPECT_TRUE(bound.has_value()) << condition << ": " << bound.error().text;
  return bound && bound->matches(Kitchen());
}

std::string Error(const std::string& condition) {
  const auto bound = BindText("SELECT * FROM TestSensor WHERE " + condition);
  if (bound) return "no error";
  EXPECT_EQ(bound.error().code, FaultCode::kCannotProcessFilter);
  return bound.error().text;
}

TEST(WqlEvaluateTest, NumbersCompareAsNumbers) {
  EXPECT_TRUE(Holds("Id = 7"));
  EXPECT_TRUE(Holds("Id <> 8"));
  EXPECT_TRUE(Holds("Id < 10"));
  EXPECT_FALSE(Holds("Id < 7"));
  EXPECT_TRUE(Holds("Id <= 7"));
  EXPECT_TRUE(Holds("Id > 6"));
  EXPECT_TRUE(Holds("Id > -8"));
  EXPECT_FALSE(Holds("Id = -7"));
  EXPECT_TRUE(Holds("Id >= 7"));
  EXPECT_FALSE(Holds("Id >= 8"));
  EXPECT_TRUE(Holds("Total = 18446744073709551615"));
  EXPECT_TRUE(Holds("Total > 18446744073709551614"));
  EXPECT_TRUE(Holds("Id < 18446744073709551615"));
}

TEST(WqlEvaluateTest, TextsCompareWithoutCase) {
  EXPECT_TRUE(Holds("Name = 'KITCHEN'"));
  EXPECT_FALSE(Holds("Name <> 'kitchen'"));
  EXPECT_TRUE(Holds("Name > 'kitch'"));
  EXPECT_TRUE(Holds("Name < 'KITCHENS'"));
  EXPECT_TRUE(Holds("Name < 'Lounge'"));
  EXPECT_TRUE(Holds("name LIKE 'k%N'"));
  EXPECT_FALSE(Holds("Name LIKE 'itch'"));
}

TEST(WqlEvaluateTest, BooleansAreEqualOrNot) {
  EXPECT_TRUE(Holds("Active = TRUE"));
  EXPECT_TRUE(Holds("Active <> FALSE"));
  EXPECT_TRUE(Holds("Active = 1"));
  EXPECT_FALSE(Holds("Active = 0"));
  EXPECT_THAT(Error("Active > FALSE"), HasSubstr("compare it with = or <>"));
  EXPECT_THAT(Error("Active = 2"), HasSubstr("is a boolean, with a number"));
}

TEST(WqlEvaluateTest, NumbersAndBooleansMayStandInQuotes) {
  EXPECT_TRUE(Holds("Id = '7'"));
  EXPECT_TRUE(Holds("Total > '5'"));
  EXPECT_TRUE(Holds("Active = 'True'"));
  EXPECT_THAT(Error("Id = 'seven'"), HasSubstr("Id, which is a uint32, with 'seven'"));
}

TEST(WqlEvaluateTest, ANullPropertyComparesToNothing) {
  EXPECT_FALSE(Holds("Level = 0"));
  EXPECT_FALSE(Holds("Level <> 0"));
  EXPECT_FALSE(Holds("Level < 5"));
  EXPECT_TRUE(Holds("Level IS NULL"));
  EXPECT_TRUE(Holds("Level = NULL"));
  EXPECT_FALSE(Holds("Level IS NOT NULL"));
  EXPECT_TRUE(Holds("Name IS NOT NULL"));
  EXPECT_TRUE(Holds("NOT Level = 0"));
  EXPECT_TRUE(Holds("Parts IS NULL"));
}

TEST(WqlEvaluateTest, ConditionsAreJoined) {
  EXPECT_TRUE(Holds("Id = 7 AND Active = TRUE"));
  EXPECT_FALSE(Holds("Id = 7 AND Active = FALSE"));
  EXPECT_TRUE(Holds("Id = 8 OR Active = TRUE"));
  EXPECT_FALSE(Holds("Id = 8 OR Active = FALSE"));
  EXPECT_TRUE(Holds("Id = 7 OR Id = 8 AND Active = FALSE"));
  EXPECT_FALSE(Holds("(Id = 7 OR Id = 8) AND Active = FALSE"));
  EXPECT_FALSE(Holds("NOT (Id = 7 OR Id = 8)"));
}

TEST(WqlEvaluateTest, IsaAsksForTheClass) {
  EXPECT_TRUE(Holds("__this ISA 'testsensor'"));
  EXPECT_FALSE(Holds("__THIS ISA TestPart"));
  EXPECT_THAT(Error("Parts ISA 'TestPart'"), HasSubstr("__this only"));
}

TEST(WqlEvaluateTest, WhatDoesNotFitTheClassIsAnError) {
  EXPECT_THAT(Error("Colour = 1"), HasSubstr("'Colour', but TestSensor has no such property"));
  EXPECT_THAT(Error("Colour IS NULL"), HasSubstr("'Colour'"));
  EXPECT_THAT(Error("Name = 1"), HasSubstr("Name, which is a string, with a constant without"));
  EXPECT_THAT(Error("Name = TRUE"), HasSubstr("without quotes"));
  EXPECT_THAT(Error("Id = TRUE"), HasSubstr("with TRUE or FALSE"));
  EXPECT_THAT(Error("Id LIKE '7%'"), HasSubstr("LIKE is for texts only"));
  EXPECT_THAT(Error("Codes = 1"), HasSubstr("more than one value"));
  EXPECT_THAT(Error("Parts = 'x'"), HasSubstr("more than one value"));
  EXPECT_THAT(Error("Id = 7 OR NOT (Parts.Label = 'x')"), HasSubstr("'Parts.Label'"));
  const auto unknown = BindText("SELECT Id, Colour FROM TestSensor");
  ASSERT_FALSE(unknown.has_value());
  EXPECT_THAT(unknown.error().text, HasSubstr("'Colour'"));
}

TEST(WqlEvaluateTest, ListedPropertiesAreNamedOnceInTheirOrder) {
  const auto bound = BindText("SELECT name, Id, NAME FROM TestSensor");
  ASSERT_TRUE(bound.has_value());
  EXPECT_THAT(bound->properties, ElementsAre(schema::FindProperty(Sensor(), "Name"),
                                             schema::FindProperty(Sensor(), "Id")));
  EXPECT_TRUE(bound->matches(Kitchen()));
  EXPECT_THAT(BindText("SELECT * FROM TestSensor")->properties, IsEmpty());
}

}  // namespace
}  // namespace wsman::wql
