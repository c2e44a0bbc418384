{% for level in levels() %}
select
    place.place_code,
    place.known_from,
    place.known_to,
    '{{ level }}' as level,
    {{ key_at_level('place', level) }} as division_code
from {{ ref('int_counting_place') }} as place
inner join {{ ref('stg_site') }} as site
    on site.home_code in (
        place.province_key, place.city_key, place.county_key, place.township_key, place.village_key, place.place_code
    )
where site.home_level in ('{{ levels()[:loop.index] | join("', '") }}')
{{ 'union all' if not loop.last }}
{% endfor %}
