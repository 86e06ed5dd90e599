// The load of archive_bench: orders that live for 90 days and are then deleted, oldest first, as an
// application's retention job does. Their keys are random, like UUIDs, so an index of the archive grows at
// random places: what made the archive of the second seed text slow when it was longer than memory.
//
// Order n was made kSecondsApart after order n - 1. Pure: gives SQL and batches.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace dw::test {

inline constexpr std::int64_t kSecondsApart = 13;  // 5,000,000 in 25 months

struct Orders {
  std::int64_t first = 0;
  int count = 0;
};

// Orders with a key and three more indexes, one of them random too. `schema` must be there.
std::string create_orders(const std::string& schema);
// The same indexes on a table that has the columns, its key apart.
std::string add_order_indexes(const std::string& table);
// Numbers from which insert_orders makes rows, in a schema of its own, `bench`.
std::string create_numbers(int count);
// No more than create_numbers has.
std::string insert_orders(const std::string& schema, const Orders& orders);

// DELETE statements that take these orders.
std::vector<std::string> delete_by_key(const Orders& orders);
std::vector<std::string> delete_by_range(const Orders& orders, int rows_each);
// Four in five by key, the rest by ranges of 200.
std::vector<std::string> delete_both_ways(const Orders& orders);

// The statements as one session's events, as production logged them when the orders were 90 days old.
// `first_event`: the number of events in the batches before it.
std::string batch_of(const std::vector<std::string>& statements, const Orders& orders,
                     std::uint64_t first_event);

}  // namespace dw::test
