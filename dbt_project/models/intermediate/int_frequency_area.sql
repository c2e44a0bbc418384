with

area as (
    select distinct
        cast(null as varchar) as level,
        place_code as area_code
    from {{ ref('int_counting_home') }}
    union all
    select distinct
        level,
        division_code as area_code
    from {{ ref('int_counting_home') }}
)

select
    cast(row_number() over (order by level, area_code) as integer) as area_number,
    level,
    area_code
from area
