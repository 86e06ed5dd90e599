#include <string>
#include <string_view>
#include <vector>

#include "common/sql/lexer.h"
#include "tests/support/catch.h"

using namespace std::string_literals;
using dw::sql::Lexer;
using dw::sql::LexerOptions;
using dw::sql::Token;
using dw::sql::TokenKind;

namespace {

const char* short_name(TokenKind kind) {
  switch (kind) {
    case TokenKind::word:
      return "w";
    case TokenKind::quoted_identifier:
      return "i";
    case TokenKind::string:
      return "s";
    case TokenKind::number:
      return "n";
    case TokenKind::hex_literal:
      return "x";
    case TokenKind::bit_literal:
      return "b";
    case TokenKind::user_variable:
      return "u";
    case TokenKind::system_variable:
      return "y";
    case TokenKind::parameter:
      return "q";
    case TokenKind::punctuation:
      return "p";
    case TokenKind::version_comment:
      return "v";
    case TokenKind::version_comment_end:
      return "e";
    case TokenKind::comment:
      return "c";
    case TokenKind::unterminated:
      return "!";
    case TokenKind::end:
      return "$";
  }
  return "?";
}

// "w[select] n[1]"
std::string lexed(std::string_view text, LexerOptions options = {}) {
  std::string out;
  Lexer lexer(text, options);
  for (;;) {
    const Token token = lexer.next();
    if (token.kind == TokenKind::end) return out;
    if (!out.empty()) out += ' ';
    out += short_name(token.kind);
    out += '[';
    out += token.text;
    out += ']';
  }
}

struct Case {
  const char* name;
  std::string text;
  std::string tokens;
};

void check(const std::vector<Case>& cases, LexerOptions options = {}) {
  for (const Case& c : cases) {
    INFO(c.name << ": " << c.text);
    CHECK(lexed(c.text, options) == c.tokens);
  }
}

}  // namespace

TEST_CASE("words, numbers and names", "[sql][lexer]") {
  check({
      {"empty", "", ""},
      {"white space only", " \t\r\n\v\f", ""},
      {"a statement", "select a,1", "w[select] w[a] p[,] n[1]"},
      {"dollar and high bytes", "a$b \xC3\xA9t\xC3\xA9", "w[a$b] w[\xC3\xA9t\xC3\xA9]"},
      {"a name that starts with a digit", "1a 2_ 0xyz 0b12", "w[1a] w[2_] w[0xyz] w[0b12]"},
      {"0X is a name", "0Xff", "w[0Xff]"},
      {"numbers", "1 1.5 .5 1. 1e5 1E+5 1.5e-3", "n[1] n[1.5] n[.5] n[1.] n[1e5] n[1E+5] n[1.5e-3]"},
      {"an exponent ends the number", "1e5abc", "n[1e5] w[abc]"},
      {"an exponent without digits is a name", "1e", "w[1e]"},
      {"hex and bits", "0xFF x'ff' X'' 0b01 b'1' B'0'", "x[0xFF] x[x'ff'] x[X''] b[0b01] b[b'1'] b[B'0']"},
      {"x with a space is a name", "x 'ff'", "w[x] s['ff']"},
      {"a MariaDB range", "1..9", "n[1] p[.] n[.9]"},
      {"NULL's short form", "\\N", "p[\\N]"},
  });
}

TEST_CASE("behind a dot everything is a name", "[sql][lexer]") {
  check({
      {"table that starts with a digit", "db.1table", "w[db] p[.] w[1table]"},
      {"table that looks like a number", "db.1e5", "w[db] p[.] w[1e5]"},
      {"table that is a number", "db.5", "w[db] p[.] w[5]"},
      {"not behind a quoted name, as in the server", "`db`.5", "i[`db`] n[.5]"},
      {"N is a name there", "a.N'x'", "w[a] p[.] w[N] s['x']"},
      {"three parts", "a.b.c", "w[a] p[.] w[b] p[.] w[c]"},
  });
  Lexer lexer("t.select");
  CHECK(lexer.next().identifier);
  lexer.next();
  CHECK(lexer.next().identifier);
  CHECK_FALSE(Lexer("select").next().identifier);
}

TEST_CASE("quotes", "[sql][lexer]") {
  check({
      {"doubled", "'it''s' \"a\"\"b\" `c``d`", "s['it''s'] s[\"a\"\"b\"] i[`c``d`]"},
      {"escaped", "'it\\'s' \"\\\"\"", "s['it\\'s'] s[\"\\\"\"]"},
      {"escaped backslash closes", "'a\\\\' b", "s['a\\\\'] w[b]"},
      {"no escape in backticks", "`a\\` b", "i[`a\\`] w[b]"},
      {"adjacent", "'a' 'b'", "s['a'] s['b']"},
      {"introducer", "_utf8mb4'a'", "w[_utf8mb4] s['a']"},
      {"national", "N'a' n'b' N\"c\"", "s[N'a'] s[n'b'] w[N] s[\"c\"]"},
      {"semicolon, comment and quote inside", "';/*' \"'\"", "s[';/*'] s[\"'\"]"},
      {"newline inside", "'a\nb'", "s['a\nb']"},
      {"NUL inside", "'a\0b'"s, "s['a\0b']"s},
      {"long", "'" + std::string(500, 'x') + "\\''" + " y", "s['" + std::string(500, 'x') + "\\''] w[y]"},
      {"dollar quotes of MySQL 9", "as $js$ a; 'b $js$ c", "w[as] s[$js$ a; 'b $js$] w[c]"},
      {"dollar names", "$a $$", "w[$a] w[$$]"},
  });
  LexerOptions ansi;
  ansi.ansi_quotes = true;
  check({{"ANSI_QUOTES", "\"a\"\"b\" 'c'", "i[\"a\"\"b\"] s['c']"},
         {"ANSI_QUOTES does not escape", "\"a\\\" b", "i[\"a\\\"] w[b]"}},
        ansi);
  LexerOptions plain;
  plain.no_backslash_escapes = true;
  check({{"NO_BACKSLASH_ESCAPES", "'a\\' b", "s['a\\'] w[b]"}}, plain);
  CHECK(Lexer("'a\\b'").next().has_backslash);
  CHECK_FALSE(Lexer("'ab'").next().has_backslash);
  CHECK_FALSE(Lexer("`a\\b`").next().has_backslash);
}

TEST_CASE("comments", "[sql][lexer]") {
  check({
      {"dashes need white space", "1--2", "n[1] p[-] p[-] n[2]"},
      {"dashes with a space", "1 -- 2\n3", "n[1] n[3]"},
      {"dashes with a newline", "1 --\n3", "n[1] n[3]"},
      {"dashes with a control character", "1 --\x01 2\n3", "n[1] n[3]"},
      {"dashes at the end", "1 --", "n[1]"},
      {"hash", "1 # 'a\n2", "n[1] n[2]"},
      {"block", "1/* ' ; */2", "n[1] n[2]"},
      {"block that only seems closed", "/*/ 1 */2", "n[2]"},
      {"empty block", "/**/1", "n[1]"},
      {"hint", "select /*+ a(b) */ 1", "w[select] n[1]"},
      {"no nesting", "/* /* */ 1", "n[1]"},
      {"arrows are not comments", "a->'$.b'->>c", "w[a] p[->] s['$.b'] p[->>] w[c]"},
      {"division", "a / *", "w[a] p[/] p[*]"},
  });
  LexerOptions keep;
  keep.keep_comments = true;
  check({{"kept", "/*a*/ 1 -- b\n#c", "c[/*a*/] n[1] c[-- b] c[#c]"}}, keep);
}

TEST_CASE("version comments give what is in them", "[sql][lexer]") {
  check({
      {"plain", "/*! a */ b", "v[/*!] w[a] e[*/] w[b]"},
      {"five digits", "/*!50003 a */", "v[/*!50003] w[a] e[*/]"},
      {"six digits", "/*!100100a*/", "v[/*!100100] w[a] e[*/]"},
      {"four digits are a number", "/*!5000 a*/", "v[/*!] n[5000] w[a] e[*/]"},
      {"MariaDB's", "/*M!100100 a */", "v[/*M!100100] w[a] e[*/]"},
      {"M without !", "/*M a */ b", "w[b]"},
      {"an end inside a string does not close", "/*! '*/' \"*/\" */ a",
       "v[/*!] s['*/'] s[\"*/\"] e[*/] w[a]"},
      {"nested plain comment", "/*! a /* b */ c */ d", "v[/*!] w[a] w[c] e[*/] w[d]"},
      {"star slash outside", "a */ b", "w[a] p[*] p[/] w[b]"},
      {"open at the end", "/*! a", "v[/*!] w[a] ![]"},
  });
}

TEST_CASE("what is open reaches to the end", "[sql][lexer]") {
  check({
      {"string", "a 'b; c", "w[a] !['b; c]"},
      {"string that ends in a backslash", "'a\\", "!['a\\]"},
      {"string whose quote is escaped", "'a\\'", "!['a\\']"},
      {"identifier", "`a", "![`a]"},
      {"comment", "a /* b *", "w[a] ![/* b *]"},
      {"odd hex", "x'f' a", "![x'f' a]"},
      {"no bits", "b'2' a", "![b'2' a]"},
      {"variable", "@`a", "![@`a]"},
  });
  Lexer lexer("'a");
  lexer.next();
  CHECK(lexer.next().kind == TokenKind::end);
  CHECK(lexer.next().kind == TokenKind::end);
  CHECK(lexer.offset() == 2);
}

TEST_CASE("variables, parameters and operators", "[sql][lexer]") {
  check({
      {"user variables", "@a @`a b` @'a' @\"b\" @a.b$c", "u[@a] u[@`a b`] u[@'a'] u[@\"b\"] u[@a.b$c]"},
      {"system variables", "@@a @@session.a @@`x`", "y[@@a] y[@@session.a] y[@@`x`]"},
      {"assignment", "@a:=1", "u[@a] p[:=] n[1]"},
      {"account", "'a'@'%' b@localhost", "s['a'] u[@'%'] w[b] u[@localhost]"},
      {"parameters", "(?,?)", "p[(] q[?] p[,] q[?] p[)]"},
      {"longest match",
       "<=> <= << <> != >= >> || && :=", "p[<=>] p[<=] p[<<] p[<>] p[!=] p[>=] p[>>] p[||] p[&&] p[:=]"},
      {"NUL is no white space", "a\0b"s, "w[a] p[\0] w[b]"s},
  });
  CHECK(Lexer("SeLeCt").next().is("SELECT"));
  CHECK_FALSE(Lexer("`select`").next().is("SELECT"));
  CHECK(Lexer(":=").next().is(":="));
}

TEST_CASE("version comments run or not, as the server's version says", "[sql][lexer]") {
  using dw::sql::ServerVersion;
  LexerOptions mysql;
  mysql.server = ServerVersion::parse("9.7.4-2");
  check({{"old enough", "/*!50003 a */", "v[/*!50003] w[a] e[*/]"},
         {"too new", "/*!99999 a */ b", "w[b]"},
         {"this very version", "/*!90704 a */", "v[/*!90704] w[a] e[*/]"},
         {"the next", "/*!90705 a */", ""},
         {"six digits need white space", "/*!080016 a */", "v[/*!080016] w[a] e[*/]"},
         {"else they are five", "/*!080016+a*/", "v[/*!08001] n[6] p[+] w[a] e[*/]"},
         {"MariaDB's", "/*M! a */ b", "w[b]"},
         {"MariaDB's do not nest", "/*M! /* a */ b */", "w[b] p[*] p[/]"},
         {"skipped ones nest once", "/*!99999 /* a */ ' */ b", "w[b]"},
         {"and no deeper", "/*!99999 /* /* a */ */ b */", "w[b] p[*] p[/]"},
         {"nested in one that only seems closed", "/*!99999 /*/ a */ */ b", "w[b]"},
         {"skipped and open", "/*!99999 /* a */ b", "![/*!99999 /* a */ b]"},
         {"skipped in one that runs", "/*!50003 a /*!99999 b */ c */ d", "v[/*!50003] w[a] w[c] e[*/] w[d]"}},
        mysql);
  LexerOptions mariadb;
  mariadb.server = ServerVersion::parse("10.11.19-MariaDB-log");
  check({{"MySQL's versions", "/*!50700 a */ /*!80016 b */ /*!99999 c */ d", "w[d]"},
         {"older", "/*!50699 a */", "v[/*!50699] w[a] e[*/]"},
         {"six digits", "/*!101119 a */ /*!101120 b */", "v[/*!101119] w[a] e[*/]"},
         {"six digits, no space", "/*!100100+a*/", "v[/*!100100] p[+] w[a] e[*/]"},
         {"its own", "/*M!80016 a */ /*M!999999 b */", "v[/*M!80016] w[a] e[*/]"}},
        mariadb);
  LexerOptions skip;
  skip.version_comments = dw::sql::VersionComments::skip;
  check({{"unknown server", "/*! a */ /*!50003 b */ c", "w[c]"}}, skip);
}

TEST_CASE("server versions", "[sql][lexer]") {
  using dw::sql::ServerVersion;
  CHECK(ServerVersion::parse("8.0.36-28").number == 80036);
  CHECK(ServerVersion::parse("5.5.5-10.11.6-MariaDB").number == 101106);
  CHECK(ServerVersion::parse("10.11.6-MariaDB").kind == ServerVersion::Kind::mariadb);
  CHECK(ServerVersion::parse("5.7.mysql_aurora.2.11.1").kind == ServerVersion::Kind::unknown);
  CHECK(ServerVersion::parse("").kind == ServerVersion::Kind::unknown);
  CHECK(ServerVersion::parse("8.0.999").kind == ServerVersion::Kind::unknown);
}

TEST_CASE("a backslash can be the second half of a character", "[sql][lexer]") {
  const auto in = [](const char* charset) {
    LexerOptions options;
    options.charset = dw::sql::charset_from(charset);
    return options;
  };
  check({{"closes", "'\xB5\x5C' a", "s['\xB5\x5C'] w[a]"},
         {"escapes only behind it", "'\xB5\x5C\x5C'' a", "s['\xB5\x5C\x5C''] w[a]"},
         {"in a name", "`\xB5\x60` a", "i[`\xB5\x60`] w[a]"},
         {"in a word",
          "\xB5\x7C"
          "a b",
          "w[\xB5\x7C"
          "a] w[b]"}},
        in("gbk"));
  check({{"two bytes", "'\x95\x5C' a", "s['\x95\x5C'] w[a]"},
         {"one byte", "'\xB5\x5C' a'", "s['\xB5\x5C' a']"}},
        in("CP932"));
  check({{"no lead byte", "'\x95\x5C' a'", "s['\x95\x5C' a']"},
         {"two bytes", "'\xB5\x5C' a", "s['\xB5\x5C'] w[a]"}},
        in("big5"));
  check({{"latin1 has no such", "'\xB5\x5C' a'", "s['\xB5\x5C' a']"}}, in("latin1"));
}

TEST_CASE("a NUL ends a comment to the end of the line", "[sql][lexer]") {
  check({{"dashes", "-- a\0 b\nc"s, "p[\0] w[b] w[c]"s}, {"hash", "# a\0b"s, "p[\0] w[b]"s}});
}
