with

division as (
    select
        area_number as division_number,
        level,
        area_code as division_code
    from {{ ref('int_frequency_area') }}
    where level is not null
)

select
    area.area_number,
    division.division_number,
    division.level,
    division.division_code,
    {{ month_number('home.known_from') }} as from_month,
    {{ month_number('home.known_to') }} as to_month
from {{ ref('int_frequency_area') }} as area
inner join {{ ref('int_counting_home') }} as home on area.area_code = home.place_code
inner join division
    on
        home.level = division.level
        and home.division_code = division.division_code
where area.level is null
union all
select
    division_number as area_number,
    division_number,
    level,
    division_code,
    {{ month_number(beginning_of_time()) }} as from_month,
    {{ month_number(end_of_time()) }} as to_month
from division
