with

division as (
    select *
    from {{ ref('division') }}
),

-- villages are many; only those that a stay, known now or once, or the home division needs are kept
needed_village as (
    select stay.origin_code as code
    from {{ ref('stay') }} as stay
    union
    select stay.dest_code as code
    from {{ ref('stay') }} as stay
    union
    select version.origin_code as code
    from {{ ref('stay_version') }} as version
    union
    select version.dest_code as code
    from {{ ref('stay_version') }} as version
    union
    select division.code
    from division
    inner join {{ ref('stg_site') }} as site
        on site.home_code in (
            division.province_code, division.city_code, division.county_code, division.township_code, division.code
        )
),

municipality as (
    select distinct code
    from division
    where level = 'province' and name like '%市'
),

real_city as (
    select distinct code
    from division
    where level = 'city' and not is_virtual
),

-- a municipality is its own city; a county governed by the province is its own city
with_city as (
    select
        division.*,
        case
            when municipality.code is not null then division.province_code
            when real_city.code is not null then division.city_code
            when not division.is_virtual or division.level != 'county' then division.county_code
        end as city_key
    from division
    left join municipality on division.province_code = municipality.code
    left join real_city on division.city_code = real_city.code
    where division.level != 'village' or division.code in (select needed_village.code from needed_village)
),

city_with_counties as (
    select distinct city_key
    from with_city
    where level = 'county' and not is_virtual
),

-- in a city without counties the city stands for the county, also where only the city is known
with_county as (
    select
        with_city.*,
        with_city.city_key is not null and city_with_counties.city_key is null as is_city_without_counties,
        case
            when with_city.city_key is not null and city_with_counties.city_key is null then with_city.city_key
            when with_city.level = 'county' and with_city.is_virtual then null
            when with_city.level in ('township', 'village') then coalesce(with_city.county_code, with_city.city_key)
            else with_city.county_code
        end as county_key
    from with_city
    left join city_with_counties on with_city.city_key = city_with_counties.city_key
)

select
    code as place_code,
    level,
    name,
    -- a register also speaks for the time before the first and after the last one loaded
    case
        when row_number() over code_history = 1 then {{ beginning_of_time() }}
        else valid_from
    end as known_from,
    coalesce(lead(valid_from) over code_history, {{ end_of_time() }}) as known_to,
    province_code as province_key,
    city_key,
    county_key,
    coalesce(township_code, case when level = 'village' then county_key end) as township_key,
    village_code as village_key,
    is_city_without_counties or is_city_district as is_city_district
from with_county
window code_history as (partition by code order by valid_from)
