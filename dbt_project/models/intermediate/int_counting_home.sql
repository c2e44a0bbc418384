{#
    Of the home division and all that lies in it. While the home division went by another code, what lies in it now is
    what lay in it then, and is shown under the code of the site.
#}
with

dated as (
    select
        place.*,
        site.home_code,
        site.home_level,
        case site.home_level
            {% for level in levels() -%}
                when '{{ level }}' then place.{{ level }}_key
            {% endfor -%}
        end as key_at_home_level,
        site.home_code in (
            place.place_code, place.province_key, place.city_key, place.county_key, place.township_key
        ) as lies_in_home
    from {{ ref('int_counting_place') }} as place
    cross join {{ ref('stg_site') }} as site
),

-- what the home division went by at times when it had not the code of the site
other_name as (
    select
        known_from,
        known_to
    from dated
    where place_code = home_code and key_at_home_level is distinct from home_code
),

newest_name as (
    select key_at_home_level as code
    from dated
    where place_code = home_code and known_to = {{ end_of_time() }}
),

related as (
    select from_code as code
    from {{ ref('int_division_lineage') }}
    where to_code in (select site.home_code from {{ ref('stg_site') }} as site)
    union
    select to_code as code
    from {{ ref('int_division_lineage') }}
    where from_code in (select site.home_code from {{ ref('stg_site') }} as site)
),

lying_in_home_now as (
    select place_code
    from dated
    where
        known_to = {{ end_of_time() }}
        and (lies_in_home or key_at_home_level in (select newest_name.code from newest_name))
),

home_place as (
    select
        place_code,
        known_from,
        known_to,
        {% for level in levels() -%}
            {{ level }}_key,
        {% endfor -%}
        home_code,
        home_level
    from dated
    where lies_in_home
    union all
    select
        dated.place_code,
        greatest(dated.known_from, other_name.known_from) as known_from,
        least(dated.known_to, other_name.known_to) as known_to,
        {% for level in levels() -%}
            dated.{{ level }}_key,
        {% endfor -%}
        dated.home_code,
        dated.home_level
    from dated
    inner join other_name
        on
            dated.known_from < other_name.known_to
            and dated.known_to > other_name.known_from
    where
        not coalesce(dated.lies_in_home, false)
        and dated.place_code in (select lying_in_home_now.place_code from lying_in_home_now)
        and (
            dated.key_at_home_level is null
            or dated.key_at_home_level in (select related.code from related)
        )
)

{% for level in levels() %}
    {% set levels_down_to_it = "'" ~ levels()[:loop.index] | join("', '") ~ "'" %}
    select
        home_place.place_code,
        home_place.known_from,
        home_place.known_to,
        '{{ level }}' as level,
        coalesce(
            {% for deeper in levels()[1:loop.index] | reverse -%}
                {%- set above = "'" ~ levels()[:levels().index(deeper)] | join("', '") ~ "'" -%}
                case when home_place.home_level in ({{ above }}) then home_place.{{ deeper }}_key end,
            {% endfor -%}
            home_place.home_code
        ) as division_code
    from home_place
    where home_place.home_level in ({{ levels_down_to_it }})
    {% if not loop.last %}union all{% endif %}
{% endfor %}
