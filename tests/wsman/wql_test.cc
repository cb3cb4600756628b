#include "wsman/wql.h"

#include <iterator>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wsman::wql {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Query Parsed(std::string_view text) {
  Result<Query> query = Parse(text);
  EXPECT_TRUE(query.has_value()) << text << ": " << query.error().text;
  return query.value_or(Query());
}

// The condition in its one spelling.
std::string Where(const std::string& condition) {
  const std::string text = Print(Parsed("SELECT * FROM C WHERE " + condition));
  return text.substr(std::string_view("SELECT * FROM C WHERE ").size());
}

std::string Error(std::string_view text) {
  const Result<Query> query = Parse(text);
  if (query) return "no error";
  EXPECT_EQ(query.error().code, FaultCode::kCannotProcessFilter);
  return query.error().text;
}

std::string Repeated(std::string_view part, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += part;
  return text;
}

TEST(WqlTest, AStarMeansAllProperties) {
  const Query query = Parsed("SELECT * FROM BitsClientJob");
  EXPECT_THAT(query.properties, IsEmpty());
  EXPECT_EQ(query.class_name, "BitsClientJob");
  EXPECT_FALSE(query.where.has_value());
}

TEST(WqlTest, PropertiesCanBeListed) {
  EXPECT_THAT(Parsed("select JobId,State , Owner from BitsClientJob").properties,
              ElementsAre("JobId", "State", "Owner"));
}

TEST(WqlTest, KeywordsHaveNoCase) {
  EXPECT_EQ(Parsed("sElEcT * fRoM C wHeRe a LiKe 'x' aNd b iS nOt nUlL oR nOt c = tRuE"),
            Parsed("SELECT * FROM C WHERE a LIKE 'x' AND b IS NOT NULL OR NOT c = TRUE"));
}

TEST(WqlTest, EveryOperatorIsRead) {
  EXPECT_EQ(Where("a = 1"), "a = 1");
  EXPECT_EQ(Where("a<>1"), "a <> 1");
  EXPECT_EQ(Where("a!=1"), "a <> 1");
  EXPECT_EQ(Where("a<1"), "a < 1");
  EXPECT_EQ(Where("a<=1"), "a <= 1");
  EXPECT_EQ(Where("a>1"), "a > 1");
  EXPECT_EQ(Where("a>=1"), "a >= 1");
  EXPECT_EQ(Where("a LIKE 'x%'"), "a LIKE \"x%\"");
  EXPECT_EQ(Where("a IS NULL"), "a IS NULL");
  EXPECT_EQ(Where("a IS NOT NULL"), "a IS NOT NULL");
  EXPECT_EQ(Where("__this ISA 'C'"), "__this ISA \"C\"");
  EXPECT_EQ(Where("__this ISA C"), "__this ISA \"C\"");
}

TEST(WqlTest, TheConstantMayStandFirst) {
  EXPECT_EQ(Where("1 = a"), "a = 1");
  EXPECT_EQ(Where("1 < a"), "a > 1");
  EXPECT_EQ(Where("1 <= a"), "a >= 1");
  EXPECT_EQ(Where("1 > a"), "a < 1");
  EXPECT_EQ(Where("1 >= a"), "a <= 1");
  EXPECT_EQ(Where("NULL <> a"), "a IS NOT NULL");
}

TEST(WqlTest, ComparisonWithNullAsksForNull) {
  EXPECT_EQ(Where("a = NULL"), "a IS NULL");
  EXPECT_EQ(Where("a <> NULL"), "a IS NOT NULL");
  EXPECT_THAT(Error("SELECT * FROM C WHERE a < NULL"), HasSubstr("use IS NULL"));
}

TEST(WqlTest, AndBindsTighterThanOrAndNotTightest) {
  const Query query = Parsed("SELECT * FROM C WHERE a=1 OR b=2 AND NOT c=3");
  EXPECT_EQ(query, Parsed("SELECT * FROM C WHERE (a=1) OR ((b=2) AND (NOT (c=3)))"));
  EXPECT_EQ(query.where->join, Join::kOr);
  EXPECT_EQ(query.where->operands[1].join, Join::kAnd);
  EXPECT_EQ(query.where->operands[1].operands[1].join, Join::kNot);
  EXPECT_EQ(Where("(a=1 OR b=2) AND c=3"), "(a = 1 OR b = 2) AND c = 3");
  EXPECT_EQ(Where("NOT (a=1 AND b=2)"), "NOT (a = 1 AND b = 2)");
}

TEST(WqlTest, TextsStandInEitherQuotesWithEscapes) {
  const auto constant = [](std::string_view text) {
    const Query query = Parsed("SELECT * FROM C WHERE a = " + std::string(text));
    return query.where ? std::get<std::string>(query.where->test.constant) : std::string();
  };
  EXPECT_EQ(constant(R"('it is "so"')"), R"(it is "so")");
  EXPECT_EQ(constant(R"("it's")"), "it's");
  EXPECT_EQ(constant(R"('it\'s')"), "it's");
  EXPECT_EQ(constant(R"("C:\\dir\\\"x\"")"), R"(C:\dir\"x")");
  EXPECT_EQ(constant("''"), "");
  EXPECT_EQ(constant("'SELECT (*) ü'"), "SELECT (*) ü");
}

TEST(WqlTest, NumbersAreWhole) {
  EXPECT_EQ(Where("a = 007"), "a = 7");
  EXPECT_EQ(Where("a = -0"), "a = 0");
  EXPECT_EQ(Where("a = +6"), "a = 6");
  EXPECT_EQ(Where("a = -6"), "a = -6");
  EXPECT_EQ(Where("a = 18446744073709551615"), "a = 18446744073709551615");
  EXPECT_THAT(Error("SELECT * FROM C WHERE a = 18446744073709551616"),
              HasSubstr("larger than every value"));
  for (const char* number : {"1.5", "1e3", "0x10", "-", "6a"})
    EXPECT_THAT(Error("SELECT * FROM C WHERE a = " + std::string(number)),
                HasSubstr("character 27: a number is made of digits only"))
        << number;
}

TEST(WqlTest, ErrorsNameThePlaceAndWhatIsMissing) {
  EXPECT_EQ(Error("SELEKT * FROM C"),
            "The query is wrong at character 1: 'SELEKT' stands where SELECT must follow.");
  EXPECT_EQ(Error("SELECT *"),
            "The query is wrong at character 9: it ends where FROM must follow.");
  EXPECT_THAT(Error(""), HasSubstr("character 1: it ends where SELECT"));
  EXPECT_THAT(Error("SELECT a, FROM C"), HasSubstr("character 11"));
  EXPECT_THAT(Error("SELECT * FROM C WHERE"), HasSubstr("it ends where a test"));
  EXPECT_THAT(Error("SELECT * FROM C a = 1"), HasSubstr("where WHERE or the end must follow"));
  EXPECT_THAT(Error("SELECT * FROM C WHERE a 1"), HasSubstr("where =, <>"));
  EXPECT_THAT(Error("SELECT * FROM C WHERE a = b"), HasSubstr("'b' stands where a constant"));
  EXPECT_THAT(Error("SELECT * FROM C WHERE (a = 1"), HasSubstr("AND, OR or )"));
  EXPECT_THAT(Error("SELECT * FROM C WHERE a = 1)"), HasSubstr("AND, OR or the end"));
  EXPECT_THAT(Error("SELECT * FROM C WHERE a IS 1"), HasSubstr("where NULL must follow"));
  EXPECT_THAT(Error("SELECT * FROM C WHERE a LIKE 1"), HasSubstr("a pattern in quotes"));
  EXPECT_THAT(Error("SELECT * FROM C WHERE a LIKE '[a'"), HasSubstr("the [ has no ]"));
  EXPECT_THAT(Error("SELECT * FROM C WHERE a = 'x"), HasSubstr("character 27: the text has no"));
  EXPECT_THAT(Error(R"(SELECT * FROM C WHERE a = 'C:\x')"), HasSubstr("character 30: inside"));
  EXPECT_THAT(Error("SELECT * FROM C WHERE a = 'ü' ; DROP"), HasSubstr("character 31: ';'"));
  EXPECT_THAT(Error("SELECT * FROM C WHERE AND = 1"), HasSubstr("'AND' stands"));
}

TEST(WqlTest, AQueryHasAtMost4096Octets) {
  const auto query = [](std::size_t octets) {
    const std::string start = "SELECT * FROM C WHERE a = '";
    return start + std::string(octets - start.size() - 1, 'x') + "'";
  };
  EXPECT_TRUE(Parse(query(kWqlBytes - 1)).has_value());
  EXPECT_TRUE(Parse(query(kWqlBytes)).has_value());
  EXPECT_THAT(Error(query(kWqlBytes + 1)), HasSubstr("4097 octets"));
}

TEST(WqlTest, AQueryHasAtMost256Symbols) {
  // Each further property is two symbols, and WHERE with its test makes it even or odd.
  const auto query = [](std::size_t symbols) {
    const bool is_odd = symbols % 2 != 0;
    const std::size_t properties = (symbols - (is_odd ? 7 : 4)) / 2;
    std::string text = "SELECT a" + Repeated(",a", properties) + " FROM C";
    return is_odd ? text + " WHERE 1=a" : text;
  };
  static_assert(kWqlSymbols == 256);
  EXPECT_THAT(Error(query(255)), "no error");
  EXPECT_THAT(Error(query(256)), "no error");
  EXPECT_THAT(Error(query(257)), HasSubstr("at most 256"));
}

TEST(WqlTest, ParenthesesAndNotNest32Deep) {
  const auto brackets = [](std::size_t depth) {
    return "SELECT * FROM C WHERE " + Repeated("(", depth) + "a=1" + Repeated(")", depth);
  };
  const auto negations = [](std::size_t depth) {
    return "SELECT * FROM C WHERE " + Repeated("NOT ", depth) + "a=1";
  };
  EXPECT_EQ(Error(brackets(kWqlDepth - 1)), "no error");
  EXPECT_EQ(Error(brackets(kWqlDepth)), "no error");
  EXPECT_THAT(Error(brackets(kWqlDepth + 1)), HasSubstr("more than 32 deep"));
  EXPECT_EQ(Error(negations(kWqlDepth - 1)), "no error");
  EXPECT_EQ(Error(negations(kWqlDepth)), "no error");
  EXPECT_THAT(Error(negations(kWqlDepth + 1)), HasSubstr("more than 32 deep"));
  EXPECT_EQ(Error("SELECT * FROM C WHERE (a=1) AND (b=2) OR NOT c=3 OR (NOT (d=4))"), "no error");
}

TEST(WqlTest, PrintedQueriesReadAsTheSameQuery) {
  for (const char* text : {
           "SELECT * FROM C",
           "SELECT a, b.c FROM C WHERE a = 1",
           "SELECT * FROM C WHERE a=1 AND b=2 AND c=3 OR d=4 AND (e=5 OR f=6)",
           "SELECT * FROM C WHERE (a=1 AND b=2) AND c=3",
           "SELECT * FROM C WHERE (a=1 OR b=2) OR c=3",
           "SELECT * FROM C WHERE NOT NOT (a=1 OR NOT (b=2 AND c=3))",
           R"(SELECT * FROM C WHERE a = 'x"\'y' OR a = "\\" OR a = '"""')",
           "SELECT * FROM C WHERE a IS NULL AND b IS NOT NULL AND c = -1 AND d = TRUE",
           "SELECT * FROM C WHERE __this ISA C AND a LIKE '[^a-c]_%'",
       }) {
    const Query query = Parsed(text);
    EXPECT_EQ(Parsed(Print(query)), query) << text;
    EXPECT_EQ(Print(Parsed(Print(query))), Print(query)) << text;
  }
}

// Joins pieces of the language, and of attacks on others, at random.
std::string RandomText(std::mt19937& random) {
  constexpr std::string_view kPieces[] = {"a=1 ",
                                          "b LIKE 'x%' ",
                                          "c IS NULL ",
                                          "AND ",
                                          "OR ",
                                          "NOT ",
                                          "(",
                                          ") ",
                                          "d<>6 ",
                                          "SELECT * ",
                                          "FROM C ",
                                          "WHERE ",
                                          "a ",
                                          "= ",
                                          "1 ",
                                          "'x' ",
                                          "LIKE ",
                                          "[",
                                          "'%",
                                          "'",
                                          "\\",
                                          "\"",
                                          "; ",
                                          "--",
                                          "NULL ",
                                          "' OR '1'='1",
                                          "/*",
                                          "OR 1=1",
                                          "\xFF",
                                          "-",
                                          "\n",
                                          "#",
                                          "TRUE ",
                                          "ISA ",
                                          ",",
                                          "DROP TABLE ",
                                          "99999999999999999999"};
  std::string text = random() % 4 != 0 ? "SELECT * FROM C WHERE " : "";
  for (std::size_t count = random() % 12; count > 0; --count)
    text += kPieces[random() % std::size(kPieces)];
  return text;
}

TEST(WqlTest, HostileTextsAreRefusedOrReadAsOneQuery) {
  std::mt19937 random(36);
  std::size_t read = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = RandomText(random);
    const Result<Query> query = Parse(text);
    if (!query) {
      EXPECT_EQ(query.error().code, FaultCode::kCannotProcessFilter) << text;
      continue;
    }
    ++read;
    EXPECT_EQ(Parsed(Print(*query)), *query) << text;
  }
  EXPECT_GT(read, 100U);
}

}  // namespace
}  // namespace wsman::wql
