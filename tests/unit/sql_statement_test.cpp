#include <string>
#include <string_view>
#include <vector>

#include "common/sql/statement.h"
#include "tests/support/catch.h"

using namespace std::string_literals;
using dw::sql::Charset;
using dw::sql::classify;
using dw::sql::LexerOptions;
using dw::sql::parse_packet;
using dw::sql::Statement;
using dw::sql::TableName;
using dw::sql::Verb;
using C = dw::sql::StatementClass;

namespace {

// "t,db.u"; a database alone is "db."
std::string names(const std::vector<TableName>& tables) {
  std::string out;
  for (const TableName& table : tables) {
    if (!out.empty()) out += ',';
    if (!table.schema.empty()) out += table.schema + ".";
    out += table.table;
  }
  return out;
}

struct Case {
  const char* text;
  C cls;
  Verb verb;
  const char* writes = "";
  const char* reads = "";
};

void check(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    const Statement s = classify(c.text);
    INFO(c.text);
    CHECK(to_string(s.cls) == std::string(to_string(c.cls)));
    CHECK(static_cast<int>(s.verb) == static_cast<int>(c.verb));
    CHECK(names(s.writes) == c.writes);
    CHECK(names(s.reads) == c.reads);
  }
}

struct DoubtCase {
  const char* text;
  std::uint32_t doubts;
};

void check_doubts(const std::vector<DoubtCase>& cases) {
  for (const DoubtCase& c : cases) {
    INFO(c.text);
    CHECK(classify(c.text).doubts == c.doubts);
  }
}

std::vector<std::string> pieces(std::string_view packet) {
  std::vector<std::string> out;
  for (const Statement& s : parse_packet(packet))
    out.push_back(to_string(s.cls) + ":"s + std::string(s.text));
  return out;
}

using Pieces = std::vector<std::string>;

}  // namespace

TEST_CASE("rows are added and changed", "[sql][statement]") {
  check({
      {"insert into t values (1)", C::change, Verb::insert, "t"},
      {"INSERT t VALUES (1)", C::change, Verb::insert, "t"},
      {"insert low_priority ignore into db.t (a,b) values (1,2),(3,4)", C::change, Verb::insert, "db.t"},
      {"insert into `d``b`.`t` set a=1", C::change, Verb::insert, "d`b.t"},
      {"insert into t partition (p0,p1) (a) values (1) as n on duplicate key update a=n.a", C::change,
       Verb::insert, "t"},
      {"insert into t () values ()", C::change, Verb::insert, "t"},
      {"insert into t (a) select a from u", C::change, Verb::insert, "t", "u"},
      {"insert into t (select a from u)", C::change, Verb::insert, "t", "u"},
      {"insert into t (a) (select a from u) union (select b from v)", C::change, Verb::insert, "t", "u,v"},
      {"insert into t select * from u on duplicate key update a=1, b=2", C::change, Verb::insert, "t", "u"},
      {"insert into t with c as (select * from u) select * from c", C::change, Verb::insert, "t", "u"},
      {"insert into t table u", C::change, Verb::insert, "t", "u"},
      {"insert into t values ((select max(a) from u), 2) returning a, b", C::change, Verb::insert, "t", "u"},
      {"insert into db.1t values (1)", C::change, Verb::insert, "db.1t"},
      {"insert into db.select values (1)", C::change, Verb::insert, "db.select"},
      {"replace into t values (1)", C::change, Verb::replace, "t"},
      {"replace delayed t set a=replace('a','b','c')", C::change, Verb::replace, "t"},
      {"update t set a=1", C::change, Verb::update, "t"},
      {"update low_priority ignore t as x set x.a=(select b from u where u.id=x.id)", C::change, Verb::update,
       "t", "u"},
      {"update t1 a join t2 b on a.id=b.id set a.x=b.y", C::change, Verb::update, "t1", "t2"},
      {"update t1 a, d.t2 b set b.x=1, a.y=if(a.x,1,2)", C::change, Verb::update, "d.t2,t1"},
      {"update t1, t2 set x=1", C::change, Verb::update, "t1,t2"},
      {"update t1 join (select id from t3, t4) d using (id) set t1.a=1", C::change, Verb::update, "t1",
       "t3,t4"},
      {"update db.t join u on 1 set db.t.a=1", C::change, Verb::update, "db.t", "u"},
      {"with c as (select * from u) update t join c on c.id=t.id set t.a=1", C::change, Verb::update, "t",
       "u"},
      {"load data local infile 'f' replace into table db.t fields terminated by ',' (a,@b) set c=@b",
       C::change, Verb::load_data, "db.t"},
      {"load xml infile 'f' into table t", C::change, Verb::load_xml, "t"},
      {"call p(1,2)", C::change, Verb::call},
      {"call db.p", C::change, Verb::call, "db."},
      {"do sleep(1)", C::change, Verb::do_},
      {"insert into", C::unparsed, Verb::none},
      {"insert into t", C::unparsed, Verb::none, "t"},
      {"insert into t values (1", C::unparsed, Verb::none, "t"},
      {"update t", C::unparsed, Verb::none},
      {"load data local infile 'f'", C::unparsed, Verb::none},
  });
}

TEST_CASE("rows and tables are taken away", "[sql][statement]") {
  check({
      {"delete from t", C::destructive, Verb::delete_, "t"},
      {"delete quick ignore from db.t as x where x.a in (select a from u)", C::destructive, Verb::delete_,
       "db.t", "u"},
      {"delete from t partition (p0) where 1", C::destructive, Verb::delete_, "t"},
      {"delete a from t as a join u on u.id=a.id", C::destructive, Verb::delete_, "t", "u"},
      {"delete a.*, b.* from t a left join db.u b using (id)", C::destructive, Verb::delete_, "t,db.u"},
      {"delete db.t from db.t join u", C::destructive, Verb::delete_, "db.t", "u"},
      {"delete a from t a join t b on a.id>b.id", C::destructive, Verb::delete_, "t", "t"},
      {"delete from a, b using t a join u b join v", C::destructive, Verb::delete_, "t,u", "v"},
      {"delete from t using t join u", C::destructive, Verb::delete_, "t", "u"},
      {"delete t from t join (select id from u limit 3) d on d.id=t.id", C::destructive, Verb::delete_, "t",
       "u"},
      {"with c as (select 1) delete t from t join c", C::destructive, Verb::delete_, "t"},
      {"truncate t", C::destructive, Verb::truncate, "t"},
      {"truncate table db.t", C::destructive, Verb::truncate, "db.t"},
      {"drop table if exists a, db.b cascade", C::destructive, Verb::drop_table, "a,db.b"},
      {"drop tables a", C::destructive, Verb::drop_table, "a"},
      {"drop database if exists d", C::destructive, Verb::drop_database, "d."},
      {"drop schema d", C::destructive, Verb::drop_database, "d."},
      {"create or replace table t (a int)", C::destructive, Verb::create_table, "t"},
      {"set statement max_statement_time=1 for delete from t", C::destructive, Verb::delete_, "t"},
      {"analyze format=json delete from t", C::destructive, Verb::delete_, "t"},
      {"delete t", C::unparsed, Verb::none},
  });
}

TEST_CASE("reads", "[sql][statement]") {
  check({
      {"select 1", C::read, Verb::select},
      {"select * from a, b c, db.d as e join f on f.x=e.y, g", C::read, Verb::select, "", "a,b,db.d,f,g"},
      {"(select 1 from a) union all (select 2 from b) order by 1", C::read, Verb::select, "", "a,b"},
      {"select * from ((a join b on 1) left join c using (x, y)), (select * from d) e, f", C::read,
       Verb::select, "", "a,b,c,d,f"},
      {"select * from (select 1) as d (x, y) join a", C::read, Verb::select, "", "a"},
      {"select * from a partition (p) use index for order by (i) ignore key (k), b", C::read, Verb::select,
       "", "a,b"},
      {"select * from a for system_time from '1' to '2', b", C::read, Verb::select, "", "a,b"},
      {"select trim(both 'x' from y), extract(year from d), substring(x from 1 for 2) from a", C::read,
       Verb::select, "", "a"},
      {"select 1 from dual", C::read, Verb::select},
      {"select * from `dual`", C::read, Verb::select, "", "dual"},
      {"select * from json_table('[]', '$[*]' columns (a int path '$')) j, t", C::read, Verb::select, "",
       "t"},
      {"select * from t, lateral (select * from u where u.a=t.a) l", C::read, Verb::select, "", "t,u"},
      {"select * from { oj a left outer join b on 1 }", C::read, Verb::select, "", "a,b"},
      {"with c as (select * from c) select * from c, d", C::read, Verb::with, "", "c,d"},
      {"with recursive c as (select 1 union all select n+1 from c) select * from c", C::read, Verb::with},
      {"with a (x) as (select 1), b as (select * from a, t) select f.x, b.y from b, a f", C::read, Verb::with,
       "", "t"},
      {"select * from (with c as (select 1) select * from c) d, c", C::read, Verb::select, "", "c"},
      {"select a, max(b), c from t group by a with rollup having c>1", C::read, Verb::select, "", "t"},
      {"select a is not distinct from b from t", C::read, Verb::select, "", "t"},
      {"select * from a where exists (select 1 from b where b.x = a.x and b.y in (select y from c))", C::read,
       Verb::select, "", "a,b,c"},
      {"select * from t for update", C::read, Verb::select, "", "t"},
      {"select * from t lock in share mode", C::read, Verb::select, "", "t"},
      {"select * into outfile '/tmp/x' from t", C::read, Verb::select, "", "t"},
      {"select count(*), sum(x) over (partition by a order by b) from t window w as (order by a)", C::read,
       Verb::select, "", "t"},
      {"select cast(a as decimal(10,2)), convert(a, char(3)), left(b,1), if(a,b,c), values(d) from t",
       C::read, Verb::select, "", "t"},
      {"select begin, end, value, user from t as status", C::read, Verb::select, "", "t"},
      {"select t.select, `from` from t", C::read, Verb::select, "", "t"},
      {"table t order by a limit 1", C::read, Verb::table, "", "t"},
      {"values row(1,2), row(3,4)", C::read, Verb::values},
      {"show create table t", C::read, Verb::show},
      {"desc t", C::read, Verb::describe},
      {"explain delete from t", C::read, Verb::explain},
      {"explain analyze select * from t", C::read, Verb::explain, "", "t"},
      {"help 'x'", C::read, Verb::help},
      {"get diagnostics @a = number", C::read, Verb::show},
      {"select get_lock('a', 1)", C::read, Verb::select},
      {"/* leading */ -- comment\n select 1", C::read, Verb::select},
      {"select 1 from (t", C::unparsed, Verb::none, "", "t"},
      {"select 1)", C::unparsed, Verb::none},
  });
}

TEST_CASE("a SELECT that could change something is no read", "[sql][statement]") {
  check({
      {"select f(1)", C::change, Verb::select},
      {"select `now`()", C::change, Verb::select},
      {"select db.f(1) from t", C::change, Verb::select, "", "t"},
      {"select count (*) from t", C::change, Verb::select, "", "t"},
      {"select * from t where f(a)", C::change, Verb::select, "", "t"},
      {"(select f(1))", C::change, Verb::select},
      {"with c as (select f(1)) select * from c", C::change, Verb::with},
      {"select nextval(s), next value for db.s2, setval(s3, 5)", C::change, Verb::select, "s,db.s2,s3"},
      {"select previous value for s, lastval(s2)", C::read, Verb::select, "", "s,s2"},
      {"select @a:=@a+1", C::session_state, Verb::select},
      {"select a, b into @a, @b from t", C::session_state, Verb::select, "", "t"},
      {"select last_insert_id(5)", C::session_state, Verb::select},
      {"select last_insert_id()", C::read, Verb::select},
      {"select @a", C::read, Verb::select},
      {"select @a:=f(1)", C::change, Verb::select},
      {"explain format=json into @v select 1", C::session_state, Verb::explain},
  });
}

TEST_CASE("schema", "[sql][statement]") {
  check({
      {"create table if not exists db.t (a int primary key, b varchar(10) default (uuid()))", C::schema,
       Verb::create_table, "db.t"},
      {"create table a like db.b", C::schema, Verb::create_table, "a", "db.b"},
      {"create table a (like b)", C::schema, Verb::create_table, "a", "b"},
      {"create table a (x int) engine=innodb as select * from b", C::schema, Verb::create_table, "a", "b"},
      {"create table a select * from b", C::schema, Verb::create_table, "a", "b"},
      {"create table a (select * from b)", C::schema, Verb::create_table, "a", "b"},
      {"create table a as with c as (select * from b) select * from c", C::schema, Verb::create_table, "a",
       "b"},
      {"create table a (x int) with system versioning", C::schema, Verb::create_table, "a"},
      {"create temporary table a select * from b", C::session_state, Verb::create_temporary_table, "a", "b"},
      {"create or replace temporary table a (b int)", C::session_state, Verb::create_temporary_table, "a"},
      {"drop temporary table if exists a, b", C::session_state, Verb::drop_temporary_table, "a,b"},
      {"alter table t add column a int, drop column b", C::schema, Verb::alter_table, "t"},
      {"alter online ignore table db.t rename to u, add (x int)", C::schema, Verb::alter_table, "db.t,u"},
      {"alter table t rename column a to b, rename index i to j, rename key k to l", C::schema,
       Verb::alter_table, "t"},
      {"alter table t exchange partition p with table u", C::schema, Verb::alter_table, "t,u"},
      {"rename table a to b, c.d to c.e", C::schema, Verb::rename_table, "a,b,c.d,c.e"},
      {"rename table a to tmp, b to a, tmp to b", C::schema, Verb::rename_table, "a,tmp,b,a,tmp,b"},
      {"create unique index i using btree on db.t (a)", C::schema, Verb::create_index, "db.t"},
      {"drop index i on t", C::schema, Verb::drop_index, "t"},
      {"create or replace algorithm=merge definer=`a`@`b` sql security definer view v (x) as select * from t",
       C::schema, Verb::create_view, "v", "t"},
      {"alter view v as select * from t", C::schema, Verb::alter_view, "v", "t"},
      {"drop view v, w", C::schema, Verb::drop_view, "v,w"},
      {"create database d", C::schema, Verb::create_database, "d."},
      {"alter database d character set utf8mb4", C::schema, Verb::alter_database, "d."},
      {"alter database character set utf8mb4", C::schema, Verb::alter_database},
      {"create sequence s start with 1", C::schema, Verb::create_sequence, "s"},
      {"create trigger tr after delete on db.t for each row set @a=1", C::schema, Verb::create_trigger,
       "db.t"},
      {"drop trigger if exists db.tr", C::schema, Verb::drop_trigger, "db."},
      {"create procedure db.p() select 1", C::schema, Verb::create_routine, "db."},
      {"create aggregate function f returns string soname 'x.so'", C::schema, Verb::create_routine},
      {"drop function f", C::schema, Verb::drop_routine},
      {"alter procedure p comment 'x'", C::schema, Verb::alter_routine},
      {"create event e on schedule every 1 day do delete from t", C::schema, Verb::create_event},
      {"alter event e disable", C::schema, Verb::alter_event},
      {"drop event e", C::schema, Verb::drop_event},
      {"create nonsense", C::unparsed, Verb::none},
      {"create table", C::unparsed, Verb::none},
  });
  CHECK(classify("create temporary table a (b int)").temporary);
  CHECK(classify("drop temporary table a").temporary);
  CHECK_FALSE(classify("drop table a").temporary);
  CHECK(classify("drop trigger db.tr").name == "tr");
}

TEST_CASE("transactions", "[sql][statement]") {
  constexpr C control = C::transaction_control;
  check({
      {"begin", control, Verb::begin},
      {"BEGIN WORK", control, Verb::begin},
      {"start transaction with consistent snapshot, read only", control, Verb::begin},
      {"commit", control, Verb::commit},
      {"commit work and no chain no release", control, Verb::commit},
      {"rollback", control, Verb::rollback},
      {"rollback to savepoint a", control, Verb::rollback_to_savepoint},
      {"rollback work to a", control, Verb::rollback_to_savepoint},
      {"savepoint a", control, Verb::savepoint},
      {"release savepoint a", control, Verb::release_savepoint},
      {"xa begin 'a'", control, Verb::xa},
      {"xa end 'a'", control, Verb::xa},
      {"lock tables a read, db.b as c write", control, Verb::lock_tables, "db.b", "a"},
      {"lock tables a read local, b low_priority write", control, Verb::lock_tables, "b", "a"},
      {"unlock tables", control, Verb::unlock_tables},
      {"set session transaction isolation level read committed", control, Verb::set_transaction},
      {"set transaction read only", control, Verb::set_transaction},
      {"begin x", C::unparsed, Verb::none},
      {"commit garbage", C::unparsed, Verb::none},
  });
  CHECK(classify("commit and chain").chain);
  CHECK_FALSE(classify("commit and no chain").chain);
  CHECK(classify("rollback release").release);
  CHECK_FALSE(classify("rollback no release").release);
  CHECK(classify("rollback to savepoint `a``b`").name == "a`b");
  CHECK(classify("savepoint begin").name == "begin");
}

TEST_CASE("SET", "[sql][statement]") {
  constexpr C control = C::transaction_control;
  check({
      {"set @a=1, @b:=2", C::session_state, Verb::set},
      {"set sql_mode='', time_zone='+00:00'", C::session_state, Verb::set},
      {"set @@session.sql_mode=@@global.sql_mode", C::session_state, Verb::set},
      {"set @a=(select max(x) from t)", C::session_state, Verb::set, "", "t"},
      {"set @a=f(1)", C::change, Verb::set},
      {"set autocommit=0", control, Verb::set_autocommit},
      {"SET @@autocommit = ON", control, Verb::set_autocommit},
      {"set @@session.autocommit=off", control, Verb::set_autocommit},
      {"set session autocommit=1, sql_mode=''", control, Verb::set_autocommit},
      {"set autocommit=0, global max_connections=5", C::administration, Verb::set_autocommit},
      {"set global autocommit=0", C::administration, Verb::administration},
      {"set global x=1", C::administration, Verb::administration},
      {"set @a=1, @@global.x=2", C::administration, Verb::administration},
      {"set persist x=1", C::administration, Verb::administration},
      {"set @@persist_only.x=1", C::administration, Verb::administration},
      {"set global transaction read only", C::administration, Verb::administration},
      {"set names utf8mb4 collate utf8mb4_bin", C::session_state, Verb::set_names},
      {"set names 'latin1', @a=1", C::session_state, Verb::set_names},
      {"set character set utf8", C::session_state, Verb::set_character_set},
      {"set charset utf8", C::session_state, Verb::set_character_set},
      {"set role none", C::session_state, Verb::set_role},
      {"set password = 'x'", C::account, Verb::account},
      {"set password for 'a'@'%' = 'x'", C::account, Verb::account},
      {"set default role all to u", C::account, Verb::account},
      {"set statement a=1, b=2 for update t set c=3", C::change, Verb::update, "t"},
      {"/*!40101 SET NAMES utf8 */", C::session_state, Verb::set_names},
      {"/*!40014 SET @OLD=@@unique_checks, unique_checks=0 */", C::session_state, Verb::set},
      {"set", C::unparsed, Verb::none},
      {"set a", C::unparsed, Verb::none},
      {"set a=", C::unparsed, Verb::none},
      {"set statement a=1 for set statement a=1 for set statement a=1 for set statement a=1 for set "
       "statement a=1 for "
       "set statement a=1 for set statement a=1 for set statement a=1 for set statement a=1 for select 1",
       C::unparsed, Verb::none},
  });
  CHECK_FALSE(classify("set autocommit=0").autocommit_value);
  CHECK_FALSE(classify("set autocommit='OFF'").autocommit_value);
  CHECK(classify("set autocommit=on").autocommit_value);
  CHECK((classify("set autocommit=@old").doubts & dw::sql::doubt_system_variable) != 0);
  CHECK(classify("set names 'latin1'").name == "latin1");
  CHECK(classify("set @a=@b").doubts == 0);
}

TEST_CASE("session, accounts, administration", "[sql][statement]") {
  check({
      {"use `my db`", C::session_state, Verb::use},
      {"prepare s from 'select 1'", C::session_state, Verb::prepare},
      {"execute s using @a", C::session_state, Verb::execute},
      {"deallocate prepare s", C::session_state, Verb::deallocate},
      {"drop prepare s", C::session_state, Verb::deallocate},
      {"handler db.t open", C::session_state, Verb::handler, "", "db.t"},
      {"create user a@b identified by 'x'", C::account, Verb::account},
      {"drop role r", C::account, Verb::account},
      {"alter user a", C::account, Verb::account},
      {"rename user a to b", C::account, Verb::account},
      {"grant all on *.* to a", C::account, Verb::account},
      {"revoke select on t from a", C::account, Verb::account},
      {"analyze table a, b", C::administration, Verb::analyze_table, "", "a,b"},
      {"optimize local table a", C::administration, Verb::optimize_table, "", "a"},
      {"repair table a quick", C::administration, Verb::repair_table, "", "a"},
      {"check table a extended", C::administration, Verb::check_table, "", "a"},
      {"checksum table a", C::administration, Verb::checksum_table, "", "a"},
      {"flush tables", C::administration, Verb::administration},
      {"kill 5", C::administration, Verb::administration},
      {"purge binary logs to 'x'", C::administration, Verb::administration},
      {"change replication source to source_host='x'", C::administration, Verb::administration},
      {"start replica", C::administration, Verb::administration},
      {"stop slave", C::administration, Verb::administration},
      {"binlog 'x'", C::administration, Verb::administration},
      {"install plugin a soname 'b'", C::administration, Verb::administration},
      {"create server s foreign data wrapper mysql options (host 'x')", C::administration,
       Verb::administration},
      {"create undo tablespace x add datafile 'y'", C::administration, Verb::administration},
      {"load index into cache t", C::administration, Verb::administration},
      {"signal sqlstate '45000'", C::administration, Verb::administration},
      {"shutdown", C::administration, Verb::administration},
      {"lock instance for backup", C::administration, Verb::administration},
      {"frobnicate", C::unparsed, Verb::none},
      {"'a'", C::unparsed, Verb::none},
      {"`select` 1", C::unparsed, Verb::none},
      {"\0", C::empty, Verb::none},
      {"", C::empty, Verb::none},
      {" ; -- x", C::empty, Verb::none},
      {"/* x */", C::empty, Verb::none},
  });
  CHECK(classify("use `my db`").name == "my db");
  CHECK(classify("\0"s).cls == C::unparsed);
}

TEST_CASE("implicit commits", "[sql][statement]") {
  for (const char* text :
       {"begin", "start transaction", "create table t (a int)", "drop table t", "truncate t",
        "alter table t add a int", "rename table a to b", "lock tables a read", "grant all on *.* to a",
        "analyze table t", "check table t", "flush tables", "reset master", "create index i on t (a)",
        "drop database d", "set password='x'", "create trigger a before insert on t for each row set @a=1"}) {
    INFO(text);
    CHECK(classify(text).commits);
  }
  for (const char* text :
       {"insert into t values (1)", "delete from t", "unlock tables", "set autocommit=1", "commit",
        "create temporary table t (a int)", "drop temporary table t", "load data infile 'x' into table t",
        "checksum table t", "savepoint a", "xa start 'a'", "reset persist x", "call p()", "select 1"}) {
    INFO(text);
    CHECK_FALSE(classify(text).commits);
  }
}

TEST_CASE("doubts", "[sql][statement]") {
  using namespace dw::sql;
  check_doubts({
      {"insert into t values (now(6))", doubt_now_fraction},
      {"insert into t values (now(), now(0), current_timestamp, curdate())", 0},
      {"insert into t values (utc_timestamp(3), sysdate())", doubt_now_fraction | doubt_sysdate},
      {"update t set a=rand()", doubt_random},
      {"update t set a=rand(5)", 0},
      {"update t set a=uuid()", doubt_uuid},
      {"update t set uuid=1, `rand`=2, t.now=3", 0},
      {"insert into t values ('uuid()')", 0},
      {"insert into t values (load_file('x'))", doubt_load_data},
      {"insert into t values (connection_id(), current_user)", doubt_connection},
      {"insert into t values (database())", 0},
      {"delete from t where sleep(1)", doubt_locks},
      {"select * from t for update nowait", doubt_locks},
      {"update t set a=1 limit 5", doubt_limit_without_order},
      {"update t set a=1 order by id limit 5", 0},
      {"delete from t limit 1", doubt_limit_without_order},
      {"insert into t select * from u", doubt_row_order},
      {"insert into t select * from u limit 5", doubt_row_order | doubt_limit_without_order},
      {"insert into t select * from u order by a limit 5", doubt_row_order},
      {"insert into t values ((select max(a) from u))", 0},
      {"insert into t values (row_count(), found_rows())", doubt_row_count},
      {"insert into t values (last_insert_id())", doubt_last_insert_id},
      {"insert into t values (@a)", doubt_user_variable},
      {"insert into t values (?,?)", doubt_parameters},
      {"insert into t values ('?')", 0},
      {"insert into t values (@@server_id)", doubt_system_variable},
      {"insert /*!50000 ignore */ into t values (1)", doubt_version_comment},
      {"create table t (a datetime(6) default now(6))", 0},
      {"select * from t limit 5", 0},
  });
}

TEST_CASE("only what cannot be misread is self-contained", "[sql][statement]") {
  CHECK(classify("insert into t values ('a', \"b\", `c`)").self_contained);
  CHECK(classify("insert into t values ('\xE9')").self_contained);
  CHECK_FALSE(classify("insert into t values ('a\\nb')").self_contained);
  CHECK_FALSE(classify("insert into t values (\"a\\nb\")").self_contained);
  CHECK_FALSE(classify("/* a */ select 1").self_contained);
  CHECK_FALSE(classify("select /*+ a */ 1").self_contained);
  CHECK_FALSE(classify("select 1 -- a").self_contained);
  CHECK_FALSE(classify("select 1 # a").self_contained);
  CHECK_FALSE(classify("/*! select 1 */").self_contained);
  CHECK_FALSE(classify("select 'a\0b'"s).self_contained);
  CHECK_FALSE(classify("select 'a").self_contained);
  CHECK_FALSE(parse_packet("select 1 --;").front().self_contained);
  LexerOptions sjis;
  sjis.charset = Charset::sjis;
  CHECK(classify("insert into t values ('a')", sjis).self_contained);
  CHECK_FALSE(classify("insert into t values ('\x83\\')", sjis).self_contained);
}

TEST_CASE("a packet is cut at its top-level semicolons", "[sql][statement]") {
  CHECK(pieces("select 1; insert into t values (';'); ") ==
        Pieces{"read:select 1", "change:insert into t values (';')"});
  CHECK(pieces("select 1;; ") == Pieces{"read:select 1"});
  CHECK(pieces(" ; /* a */ ; ") == Pieces{"empty:"});
  CHECK(pieces("select 1 /* ; */ ; select 2 -- ;\n") ==
        Pieces{"read:select 1 /* ; */", "read:select 2 -- ;"});
  CHECK(pieces("select 1; select 'a; select 2") == Pieces{"read:select 1", "unparsed:select 'a; select 2"});
  CHECK(pieces("/*! select 1; drop table t */; select 2") ==
        Pieces{"unparsed:/*! select 1; drop table t */; select 2"});
  CHECK(classify("select 1; select 2").cls == C::unparsed);
  CHECK(classify("select 1; /* a */ ;").cls == C::read);
  LexerOptions plain;
  plain.no_backslash_escapes = true;
  CHECK(parse_packet("select 'a\\'; drop table t", plain).size() == 2);
  CHECK(parse_packet("select 'a\\'; drop table t").size() == 1);
}

TEST_CASE("nothing runs from behind what was not understood", "[sql][statement]") {
  // An Oracle block: the DELETE is inside the IF.
  CHECK(pieces("begin if false then x; delete from t; end if; end") ==
        Pieces{"unparsed:begin if false then x; delete from t; end if; end"});
  CHECK(pieces("select 1; selec 2; delete from t") ==
        Pieces{"read:select 1", "unparsed:selec 2; delete from t"});
}

TEST_CASE("behind an empty statement the servers stop", "[sql][statement]") {
  CHECK(pieces("select 1;;delete from t") == Pieces{"read:select 1", "unparsed:delete from t"});
  CHECK(pieces(";delete from t") == Pieces{"unparsed:delete from t"});
  CHECK(pieces("/* a */;delete from t") == Pieces{"unparsed:delete from t"});
}

TEST_CASE("bodies in Oracle's mode are not understood", "[sql][statement]") {
  LexerOptions oracle;
  oracle.oracle = true;
  for (const char* text :
       {"create function f(a int) return int as b int := 1; begin delete from t; end",
        "create procedure p(a int) as begin delete from t; end",
        "declare v int := 5; begin delete from t; end", "begin delete from t; end",
        "create or replace package body k as procedure a() as begin delete from t; end; end"}) {
    const auto statements = parse_packet(text, oracle);
    CHECK(statements.size() == 1);
    CHECK(statements.front().cls == C::unparsed);
  }
  CHECK(parse_packet("delete from t", oracle).front().cls == C::destructive);
}

TEST_CASE("version comments are read as the server reads them", "[sql][statement]") {
  LexerOptions options;
  const auto of = [&options](const char* version, const char* text) {
    options.server = dw::sql::ServerVersion::parse(version);
    const auto statement = classify(text, options);
    CHECK((statement.doubts & dw::sql::doubt_version_comment) != 0);
    return statement.cls;
  };
  CHECK(of("9.7.4-2", "/*!80016 explain */ delete from t") == C::read);
  CHECK(of("10.11.19-MariaDB", "/*!80016 explain */ delete from t") == C::destructive);
  CHECK(of("9.7.4", "/*!100100 explain */ delete from t") == C::destructive);
  CHECK(of("10.11.19-MariaDB", "/*!100100 explain */ delete from t") == C::read);
  CHECK(of("9.7.4", "/*!99999 ; */ delete from t") == C::destructive);
  CHECK(of("9.7.4", "/*!50003 ; */ delete from t") == C::unparsed);
}

TEST_CASE("EXPLAIN ANALYZE runs functions", "[sql][statement]") {
  CHECK(classify("explain analyze select f()").cls == C::change);
  CHECK(classify("explain analyze select count(*) from t").cls == C::read);
  CHECK(classify("explain analyze delete from t").cls == C::read);
  CHECK(classify("explain select f()").cls == C::read);
}

TEST_CASE("a body is never cut", "[sql][statement]") {
  const std::vector<std::string> bodies = {
      "create trigger a before insert on t for each row begin set @a=1; set @b=2; end",
      "create trigger a before insert on t for each row follows b begin set @a=1; end",
      "create trigger a before update on t for each row if new.a then set @a=1; elseif b then set @a=2; else "
      "set @b=1; end if",
      "create definer=`a`@`b` procedure p(in a int, out b varchar(10)) comment 'begin' begin select 1; end",
      "create procedure if not exists p() begin end",
      "create procedure p() begin begin end; begin select 1; end; end",
      "create procedure p() l: begin leave l; end l",
      "create procedure p() case 1 when 1 then select 1; else begin end; end case",
      "create procedure p() begin select case a when 1 then 2 else case when b then 3 end end; end",
      "create procedure p() begin set @a=if(1,2,3); if (a=1) then select 1; end if; end",
      "create procedure p() begin while f(a) do set a=1; end while; do sleep(1); repeat set a=2; until a end "
      "repeat; end",
      "create procedure p() begin x: loop iterate x; end loop x; set a=repeat('a',3); end",
      "create procedure p() begin declare exit handler for sqlexception, not found begin rollback; end; "
      "select 1; end",
      "create procedure p() begin declare continue handler for 1062 set @a=1; select 1; end",
      "create procedure p() begin declare exit handler for sqlstate value '02000' set @a=if(1,2,3); select "
      "1; end",
      "create procedure p() begin declare exit handler for dup set @a=case 1 when 1 then 2 else 3 end; "
      "select 1; end",
      "create procedure p() begin declare c cursor for select 1; open c; end",
      "create procedure p() begin select t.end, t.begin from t; select if from t; end",
      "create procedure p() begin /* end; */ select 'end;'; -- end;\n end",
      "create procedure p() begin for i in 1..3 do select i; end for; end",
      "create function f(a int) returns int deterministic begin if a then return 1; end if; return 2; end",
      "create event e on schedule every 1 day starts now() on completion preserve do begin delete from t; "
      "end",
      "alter event e do begin delete from t; end",
      "/*!50003 CREATE*/ /*!50017 DEFINER=`r`@`h`*/ /*!50003 TRIGGER a BEFORE INSERT ON t FOR EACH ROW BEGIN "
      "SET @a=1; END */",
  };
  for (const std::string& body : bodies) {
    INFO(body);
    CHECK(pieces(body + "; select 2") == Pieces{"schema:" + body, "read:select 2"});
    CHECK(classify(body).cls == C::schema);
  }
  for (const std::string block :
       {"begin not atomic select 1; delete from t; end", "if 1 then select 1; end if",
        "l: loop select 1; leave l; end loop", "while 0 do select 1; end while"}) {
    INFO(block);
    CHECK(pieces(block + "; select 2") == Pieces{"change:" + block, "read:select 2"});
  }
}

TEST_CASE("a statement without a block is cut at once", "[sql][statement]") {
  CHECK(pieces("create procedure p() insert into t values (1); drop table t").size() == 2);
  CHECK(pieces("create function f() returns int return case when 1 then 2 end; drop table t").size() == 2);
  CHECK(pieces("create trigger a before insert on t for each row set @a=1; drop table t").size() == 2);
  CHECK(pieces("create function f returns string soname 'x'; drop table t").size() == 2);
  CHECK(pieces("begin; drop table t; commit").size() == 3);
  CHECK(pieces("begin work; drop table t").size() == 2);
  CHECK(pieces("xa begin 'a'; drop table t").size() == 2);
  CHECK(pieces("start transaction; drop table t").size() == 2);
  CHECK(pieces("insert into t (begin, `case`) values (1,2); drop table t").size() == 2);
  CHECK(pieces("select case when 1 then 2; drop table t").size() == 2);
}

TEST_CASE("an open body is unparsed", "[sql][statement]") {
  CHECK(classify("create procedure p() begin select 1;").cls == C::unparsed);
  CHECK(classify("create procedure p() begin if a then select 1; end;").cls == C::unparsed);
  CHECK(classify("begin not atomic select 1;").cls == C::unparsed);
  CHECK(classify("create package p as procedure q(); end; drop table t").cls == C::unparsed);
}

TEST_CASE("hostile depth and length stay cheap", "[sql][statement]") {
  CHECK(classify("select " + std::string(100000, '(')).cls == C::unparsed);
  CHECK(classify("select " + std::string(100000, '(') + "1" + std::string(100000, ')')).cls == C::unparsed);
  std::string rows = "insert into t values (1,'a',null)";
  for (int i = 0; i < 100000; ++i) rows += ",(-1,_binary 'b',default)";
  const Statement s = classify(rows);
  CHECK(s.cls == C::change);
  CHECK(names(s.writes) == "t");
  CHECK(s.doubts == 0);
  std::string tables = "select * from t0";
  for (int i = 1; i < 20000; ++i) tables += ",t" + std::to_string(i);
  CHECK(classify(tables).reads.size() == 20000);
  std::string tags = "select ";
  for (int i = 0; i < 20000; ++i) tags += "$a" + std::to_string(i) + "$,";
  CHECK(classify(tags).cls == C::unparsed);
}

TEST_CASE("what is folded is still seen", "[sql][statement]") {
  using namespace dw::sql;
  check_doubts({
      {"insert into t values (1,2),(3,uuid()),(4,5)", doubt_uuid},
      {"insert into t values (1,2),(3,4),(?,5)", doubt_parameters},
      {"insert into t values (1),(2),(@a)", doubt_user_variable},
      {"insert into t values (1,now(6),3,null,default,-1,rand())", doubt_now_fraction | doubt_random},
      {"insert into t values (1),(2) on duplicate key update a=(select uuid())", doubt_uuid},
  });
  check({{"insert into t values (1),(2),((select a from u))", C::change, Verb::insert, "t", "u"}});
}
