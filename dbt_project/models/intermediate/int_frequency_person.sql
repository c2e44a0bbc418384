select
    person_key,
    cast(row_number() over (order by person_key) as integer) as person_number
from {{ ref('person') }}
