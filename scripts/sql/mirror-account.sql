-- dw-load's account on the mirror.
CREATE USER 'dw_load'@'%' IDENTIFIED BY 'CHANGE-THIS';

-- Its bookkeeping.
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP ON dw_meta.* TO 'dw_load'@'%';

-- Whatever production does in a mirrored schema. `shop` is an example: one such line for each schema.
GRANT ALL PRIVILEGES ON shop.* TO 'dw_load'@'%';
