// The keywords that decide about a statement. Words that no rule looks at are not here.
#pragma once

#include <cstdint>
#include <string_view>

namespace dw::sql {

// clang-format off

// Never a table name or an alias unless quoted (MySQL manual 11.3; MariaDB's list where that has more).
#define DW_SQL_RESERVED_KEYWORDS(X) \
  X(add) X(all) X(alter) X(analyze) X(and) X(as) X(between) X(by) X(call) X(case) X(change) X(check) \
  X(collate) X(column) X(convert) X(create) X(cross) X(current_date) X(current_role) X(current_time) \
  X(current_timestamp) X(current_user) X(database) X(databases) X(declare) X(default) X(delayed) \
  X(delete) X(desc) X(describe) X(distinct) X(drop) X(dual) X(else) X(elseif) X(except) X(exists) \
  X(explain) X(false) X(fetch) X(for) X(force) X(from) X(fulltext) X(grant) X(group) X(having) \
  X(high_priority) X(if) X(ignore) X(in) X(index) X(inner) X(insert) X(intersect) X(into) X(is) \
  X(iterate) X(join) X(key) X(keys) X(kill) X(lateral) X(leave) X(left) X(like) X(limit) X(load) \
  X(localtime) X(localtimestamp) X(lock) X(loop) X(low_priority) X(natural) X(not) X(null) X(on) \
  X(optimize) X(or) X(order) X(outer) X(partition) X(procedure) X(purge) X(qualify) X(read) X(release) \
  X(rename) X(repeat) X(replace) X(resignal) X(return) X(returning) X(revoke) X(right) X(schema) \
  X(schemas) X(select) X(set) X(show) X(signal) X(spatial) X(sql) X(straight_join) X(table) \
  X(tablesample) X(then) X(to) X(trigger) X(true) X(union) X(unique) X(unlock) X(update) X(usage) X(use) \
  X(using) X(values) X(when) X(where) X(while) X(window) X(with) X(write) X(xor)

// May also be names.
#define DW_SQL_OTHER_KEYWORDS(X) \
  X(account) X(action) X(after) X(aggregate) X(algorithm) X(atomic) X(authors) X(autocommit) X(backup) \
  X(before) X(begin) X(binlog) X(body) X(cache) X(catalog) X(chain) X(character) X(charset) X(checksum) \
  X(clone) X(close) X(comment) X(commit) X(component) X(connection) X(consistent) X(contributors) \
  X(cursor) X(data) X(deallocate) X(definer) X(diagnostics) X(do) X(duality) X(dumpfile) X(duplicate) \
  X(each) X(elsif) X(end) X(engine) X(engines) X(error) X(event) X(events) X(execute) X(extended) \
  X(external) X(flush) X(following) X(format) X(full) X(function) X(get) X(global) X(group_replication) \
  X(handler) X(help) X(history) X(immediate) X(import) X(install) X(instance) X(isolation) X(json) \
  X(last) X(level) X(library) X(local) X(locked) X(logfile) X(logs) X(master) X(materialized) X(mode) \
  X(names) X(next) X(no) X(no_write_to_binlog) X(nowait) X(off) X(offline) X(oj) X(online) X(open) \
  X(option) X(outfile) X(package) X(partitions) X(password) X(period) X(persist) X(persist_only) \
  X(plugin) X(plugins) X(portion) X(prepare) X(previous) X(privileges) X(profile) X(proxy) X(public) \
  X(query) X(quick) X(quiesce) X(recursive) X(reference) X(repair) X(replica) X(reset) X(resource) \
  X(restart) X(resume) X(role) X(rollback) X(rollup) X(routine) X(row) X(rows) X(savepoint) X(sequence) \
  X(server) X(session) X(share) X(shutdown) X(skip) X(slave) X(slow) X(snapshot) X(soname) X(sqlstate) \
  X(start) X(statement) X(status) X(stop) X(suspend) X(system) X(system_time) X(tables) X(tablespace) \
  X(temporary) X(terminated) X(transaction) X(truncate) X(undo) X(uninstall) X(unknown) X(user) X(value) \
  X(vector) X(view) X(wait) X(work) X(xa) X(xml)

// clang-format on

// k_none: a word that is none of them. The reserved ones come first.
enum class Keyword : std::uint16_t {
  k_none,
#define DW_SQL_ENUMERATOR(word) k_##word,
  DW_SQL_RESERVED_KEYWORDS(DW_SQL_ENUMERATOR) k_last_reserved,
  DW_SQL_OTHER_KEYWORDS(DW_SQL_ENUMERATOR)
#undef DW_SQL_ENUMERATOR
};

Keyword find_keyword(std::string_view word);

inline bool is_reserved(Keyword keyword) {
  return keyword > Keyword::k_none && keyword < Keyword::k_last_reserved;
}

}  // namespace dw::sql
