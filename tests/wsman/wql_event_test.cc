#include "wsman/wql_event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_resource.h"

namespace wsman::wql {
namespace {

using testing::HasSubstr;

Result<BoundEventQuery> Bound(const std::string& text) {
  const Result<Query> query = Parse(text);
  if (!query) return tl::unexpected(query.error());
  return BindEvents(*query, Sensor());
}

std::string FaultOf(const std::string& text) {
  const auto bound = Bound(text);
  return bound ? std::string() : bound.error().text;
}

bool Holds(const std::string& condition, const schema::Instance& target,
           const schema::Instance* previous = nullptr) {
  const auto bound = Bound("SELECT * FROM __InstanceModificationEvent WHERE " + condition);
  if (!bound) ADD_FAILURE() << bound.error().text;
  return bound && bound->holds({EventKind::kModification, target, previous});
}

TEST(WqlEventTest, TheClassOfTheQueryIsTheKindOfTheEvent) {
  EXPECT_EQ(Bound("SELECT * FROM __InstanceCreationEvent")->kind, EventKind::kCreation);
  EXPECT_EQ(Bound("select * from __instancemodificationevent")->kind, EventKind::kModification);
  EXPECT_EQ(Bound("SELECT * FROM __InstanceDeletionEvent")->kind, EventKind::kDeletion);
  EXPECT_EQ(Bound("SELECT * FROM __InstanceOperationEvent")->kind, std::nullopt);
}

TEST(WqlEventTest, WithinIsReadAndChangesNothing) {
  for (const char* seconds : {"5", "0.1", "3600"}) {
    const std::string text = std::string("SELECT * FROM __InstanceCreationEvent WITHIN ") + seconds;
    const auto query = Parse(text);
    ASSERT_TRUE(query) << query.error().text;
    EXPECT_EQ(query->within, seconds);
    EXPECT_EQ(Print(*query), text);
    EXPECT_TRUE(Bound(text + " WHERE TargetInstance ISA 'TestSensor'"));
  }
  for (const char* wrong : {"", "-1", "'5'", "soon", "WHERE"})
    EXPECT_THAT(FaultOf(std::string("SELECT * FROM __InstanceCreationEvent WITHIN ") + wrong),
                HasSubstr("a number of seconds"));
}

TEST(WqlEventTest, ConditionsLookAtTheTargetAndAtWhatWasBefore) {
  const schema::Instance one = MakeSensor(1);
  const schema::Instance two = MakeSensor(2);
  EXPECT_TRUE(Holds("TargetInstance.Id = 1", one, &two));
  EXPECT_FALSE(Holds("TargetInstance.Id = 2", one, &two));
  EXPECT_TRUE(Holds("PreviousInstance.Id = 2 AND NOT TargetInstance.Id = 2", one, &two));
  EXPECT_TRUE(Holds("TargetInstance ISA 'testsensor' OR targetinstance.id = 7", one, &two));
  EXPECT_FALSE(Holds("TargetInstance ISA 'Other'", one, &two));
}

TEST(WqlEventTest, TheFirstIsaNamesTheClass) {
  EXPECT_EQ(ClassOfEvents(*Parse("SELECT * FROM X WHERE A = 1 AND (TargetInstance ISA 'B' OR "
                                 "TargetInstance ISA 'C')")),
            "B");
  EXPECT_EQ(ClassOfEvents(*Parse("SELECT * FROM X WHERE A = 1")), "");
  EXPECT_EQ(ClassOfEvents(*Parse("SELECT * FROM X")), "");
}

TEST(WqlEventTest, WrongQueriesSayWhatToChange) {
  EXPECT_THAT(FaultOf("SELECT * FROM TestSensor"), HasSubstr("__InstanceOperationEvent"));
  EXPECT_THAT(FaultOf("SELECT Id FROM __InstanceCreationEvent"), HasSubstr("SELECT *"));
  const std::string from = "SELECT * FROM __InstanceCreationEvent WHERE ";
  EXPECT_THAT(FaultOf(from + "Id = 1"), HasSubstr("TargetInstance.Property"));
  EXPECT_THAT(FaultOf(from + "PreviousInstance.Id = 1"), HasSubstr("__InstanceModificationEvent"));
  EXPECT_THAT(FaultOf(from + "TargetInstance = 1"), HasSubstr("ISA 'Class'"));
  EXPECT_THAT(FaultOf(from + "TargetInstance.Nothing = 1"), HasSubstr("no such property"));
  EXPECT_THAT(FaultOf(from + "TargetInstance.Id ISA 'TestSensor'"), HasSubstr("TargetInstance"));
}

}  // namespace
}  // namespace wsman::wql
