with

division as (
    select *
    from {{ ref('division') }}
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
    placed.code,
    placed.level,
    placed.name,
    placed.valid_from,
    placed.valid_to,
    {{ upper_code('placed') }} as upper_code,
    placed.province_code as province_key,
    placed.city_key,
    placed.county_key,
    coalesce(
        placed.township_code, case when placed.level = 'village' then placed.county_key end
    ) as township_key,
    placed.village_code as village_key,
    placed.is_city_without_counties or placed.is_city_district as is_city_district,
    placed.urban_rural_code
from with_county as placed
