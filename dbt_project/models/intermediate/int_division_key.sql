{{ config(materialized='view') }}

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
    code,
    level,
    name,
    valid_from,
    valid_to,
    -- the next division above
    case level
        when 'village' then coalesce(township_code, county_code, city_code, province_code)
        when 'township' then coalesce(county_code, city_code, province_code)
        when 'county' then coalesce(city_code, province_code)
        when 'city' then province_code
    end as upper_code,
    province_code as province_key,
    city_key,
    county_key,
    coalesce(township_code, case when level = 'village' then county_key end) as township_key,
    village_code as village_key,
    is_city_without_counties or is_city_district as is_city_district,
    urban_rural_code
from with_county
