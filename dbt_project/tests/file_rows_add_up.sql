-- Nothing vanishes: rows in = accepted + returned + duplicate.
select *
from {{ ref('file') }}
where rows_in <> rows_accepted + rows_returned + rows_duplicate
