# shellcheck shell=bash
# A small shop for scripts/quickstart: its tables, its starting data and a working day in SQL. Sourcing runs nothing.
#
# The functions print SQL; who pipes it into a client decides where it runs. What a function deletes it first
# selects, each row with its table's name in front, so that the client's output is a list of what was deleted.
#
# It keeps to what the log tells exactly (README, "Limits"): server-given ids (AUTO_INCREMENT) are taken by one
# connection only, and the clients, not the server, say what time it is.

shop_tables=(customers products orders order_lines deliveries carts coupons)

shop_schema() {
  cat <<'SQL'
CREATE DATABASE shop DEFAULT CHARACTER SET utf8mb4;
USE shop;
CREATE TABLE customers (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, email VARCHAR(100) NOT NULL UNIQUE, name VARCHAR(80) NOT NULL,
  city VARCHAR(60) NOT NULL, joined_on DATE NOT NULL);
CREATE TABLE products (
  id INT UNSIGNED NOT NULL PRIMARY KEY, name VARCHAR(80) NOT NULL, price DECIMAL(8,2) NOT NULL, stock INT NOT NULL);
CREATE TABLE orders (
  number CHAR(9) NOT NULL PRIMARY KEY, customer_id INT UNSIGNED NOT NULL,
  status ENUM('open','paid','sent','cancelled') NOT NULL DEFAULT 'open', placed_at DATETIME NOT NULL,
  FOREIGN KEY (customer_id) REFERENCES customers (id));
CREATE TABLE order_lines (
  order_number CHAR(9) NOT NULL, line TINYINT UNSIGNED NOT NULL, product_id INT UNSIGNED NOT NULL,
  quantity SMALLINT UNSIGNED NOT NULL, price DECIMAL(8,2) NOT NULL, PRIMARY KEY (order_number, line),
  FOREIGN KEY (order_number) REFERENCES orders (number) ON DELETE CASCADE);
CREATE TABLE deliveries (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, order_number CHAR(9) NOT NULL, parcel VARCHAR(30) NOT NULL);
CREATE TABLE carts (
  token CHAR(12) NOT NULL PRIMARY KEY, customer_id INT UNSIGNED NULL, content TEXT NOT NULL);
CREATE TABLE coupons (code CHAR(8) NOT NULL PRIMARY KEY, percent TINYINT UNSIGNED NOT NULL, note VARCHAR(60) NULL);
SQL
}

shop_starting_data() {
  cat <<'SQL'
USE shop;
INSERT INTO customers (email, name, city, joined_on)
  SELECT CONCAT('c', seq, '@example.org'), CONCAT(ELT(1 + seq % 4, 'Zoë', 'Jürgen', 'Ana', 'O''Brien'), ' ', seq),
         ELT(1 + seq % 3, 'Köln', 'São Paulo', 'Oslo'), '2025-01-01' + INTERVAL seq DAY FROM seq_1_to_200;
INSERT INTO products SELECT seq, CONCAT('Product ', seq), 1.99 + seq, 1000 FROM seq_1_to_40;
INSERT INTO orders SELECT CONCAT('OLD-', LPAD(seq, 5, '0')), 1 + seq % 200, 'sent', '2026-01-01' + INTERVAL seq HOUR
  FROM seq_1_to_500;
INSERT INTO order_lines SELECT CONCAT('OLD-', LPAD(o.seq, 5, '0')), l.seq, 1 + (o.seq * l.seq) % 40, l.seq, 9.95
  FROM seq_1_to_500 o JOIN seq_1_to_2 l;
INSERT INTO deliveries (order_number, parcel)
  SELECT CONCAT('OLD-', LPAD(seq, 5, '0')), CONCAT('P', 100000 + seq) FROM seq_1_to_500;
INSERT INTO carts SELECT LEFT(MD5(seq), 12), NULL, CONCAT('{"product": ', 1 + seq % 40, '}') FROM seq_1_to_120;
INSERT INTO coupons SELECT CONCAT('SAVE', 1000 + seq), 5 + seq % 20, IF(seq % 7, NULL, 'handed out twice')
  FROM seq_1_to_60;
SQL
}

# The order number of the i-th order of a till, and whether the customer changes his mind before paying.
order_number() { printf 'T%d-%06d' "$1" "$2"; }
is_abandoned() { (($1 % 9 == 4)); }

# A till: orders, one a transaction, for as many seconds. Arguments: till, seconds.
shop_till() {
  local till=$1 end=$((SECONDS + $2)) i=0 product number now
  echo 'USE shop;'
  while ((SECONDS < end)); do
    i=$((i + 1)) product=$((1 + (i * 7 + till * 3) % 38)) number=$(order_number "$till" "$i")
    printf -v now '%(%F %T)T' -1
    cat <<SQL
BEGIN;
INSERT INTO orders (number, customer_id, status, placed_at) VALUES ('$number', $((1 + i % 200)), 'open', '$now');
INSERT INTO order_lines VALUES ('$number', 1, $product, 1, 4.50), ('$number', 2, $((product + 1)), 2, 19.90);
UPDATE products SET stock = stock - 1 WHERE id = $product;
UPDATE products SET stock = stock - 2 WHERE id = $((product + 1));
SQL
    if is_abandoned "$i"; then
      echo 'ROLLBACK;'
    else
      echo "UPDATE orders SET status = 'paid' WHERE number = '$number'; COMMIT;"
    fi
    sleep 0.04
  done
}

# The web site: new customers and their carts; customers who move. Arguments: seconds.
shop_web_site() {
  local end=$((SECONDS + $1)) i=0
  echo 'USE shop;'
  while ((SECONDS < end)); do
    i=$((i + 1))
    cat <<SQL
INSERT INTO customers (email, name, city, joined_on) VALUES ('new$i@example.org', 'Søren d''Été $i', 'Gdańsk', CURDATE());
INSERT INTO carts VALUES (LEFT(MD5(CONCAT('new', $i)), 12), $((1 + i % 200)), '{"product": $((1 + i % 40))}');
UPDATE customers SET city = 'Reykjavík' WHERE id = $((1 + i % 200));
SQL
    sleep 0.06
  done
}

# Selects the rows of a table that the next statement deletes.
witness() { echo "SELECT '$1', t.* FROM $1 t ${2:-};"; }

# The office: cancels old orders (their lines go with them), sends parcels, throws carts and a table away.
# Arguments: seconds.
shop_office() {
  local steps=$(($1 * 4)) i number
  echo 'USE shop;'
  for ((i = 1; i <= steps; i++)); do
    number=$(printf 'OLD-%05d' "$i")
    witness orders "WHERE number = '$number'"
    witness order_lines "WHERE order_number = '$number'"
    echo "DELETE FROM orders WHERE number = '$number';"
    echo "INSERT INTO deliveries (order_number, parcel) VALUES ('T1-$i', 'N$i');"
    if ((i % 5 == 0)); then
      witness deliveries "WHERE order_number = '$number'"
      echo "DELETE FROM deliveries WHERE order_number = '$number';"
    fi
    if ((i == steps / 2)); then
      witness coupons
      echo 'DROP TABLE coupons;'
    fi
    sleep 0.25
  done
}

# The evening, when the web site is closed.
shop_evening() {
  echo 'USE shop;'
  witness carts
  echo 'TRUNCATE TABLE carts;'
  echo "INSERT INTO carts VALUES ('next-morning', 7, '{\"product\": 1}');"
}

# An order whose client dies before COMMIT. It selects `inside` when all was sent.
shop_doomed_order() {
  cat <<'SQL'
USE shop;
BEGIN;
INSERT INTO orders (number, customer_id, status, placed_at) VALUES ('DOOMED-01', 1, 'open', NOW());
INSERT INTO order_lines VALUES ('DOOMED-01', 1, 40, 500, 1.00);
UPDATE products SET stock = stock - 500 WHERE id = 40;
SELECT 'inside';
SQL
}

# Orders that must be nowhere: they were rolled back, or their client died.
shop_undone_orders() {
  echo "SELECT * FROM shop.orders WHERE number LIKE 'DOOMED%' OR (number LIKE 'T%' AND SUBSTRING(number, 4) % 9 = 4);"
}

# All rows of the tables named, one a line, each with its table's name in front.
shop_rows() {
  local table
  for table in "$@"; do
    echo "SELECT '$table', t.* FROM shop.$table t;"
  done
}
