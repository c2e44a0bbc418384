-- Law 5: what a month opens with and what happens in it is what it closes with.
select *
from {{ ref('change') }}
where opening + arrivals - departures + other != closing
