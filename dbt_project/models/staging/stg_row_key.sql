{# Also the rows that a corrected slip has replaced: whoever is in one is touched by the slip. #}
select
    file_id,
    sheet,
    row_number,
    person_key as row_key
from {{ source('raw', 'person_row') }}
union all
select
    file_id,
    sheet,
    row_number,
    person_key as row_key
from {{ source('raw', 'returned_match') }}
