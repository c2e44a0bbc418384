with

-- of the home division and all that lies in it
home_place as (
    select
        place.*,
        site.home_level
    from {{ ref('int_counting_place') }} as place
    inner join {{ ref('stg_site') }} as site
        on
            place.place_code = site.home_code
            or place.province_key = site.home_code
            or place.city_key = site.home_code
            or place.county_key = site.home_code
            or place.township_key = site.home_code
)

{% for level in levels() %}
    {% set levels_down_to_it = "'" ~ levels()[:loop.index] | join("', '") ~ "'" %}
    select
        home_place.place_code,
        home_place.known_from,
        home_place.known_to,
        '{{ level }}' as level,
        {{ key_at_level('home_place', level) }} as division_code
    from home_place
    where home_place.home_level in ({{ levels_down_to_it }})
    {% if not loop.last %}union all{% endif %}
{% endfor %}
