{{ config(materialized='view') }}

select
    code,
    level,
    name,
    full_name,
    parent_code,
    province_code,
    city_code,
    county_code,
    township_code,
    village_code,
    urban_rural_code,
    is_virtual,
    is_city_district,
    valid_from,
    valid_to
from {{ ref('stg_division') }}
