{#
    The registered people (户籍人口) of every division of the home division on given days, each place by its latest report
    at or before the day. Villages are added up; the total that a division reports of itself stands in where some of it
    has no report, and what it has more than they is the rest of the division.
#}

{# The columns that name the divisions above a level and itself. #}
{% macro keys_down_to(level, table='') -%}
    {%- for upper in levels()[:levels().index(level) + 1] -%}
        {{ table ~ '.' if table }}{{ upper }}_key{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{% macro depth_of_level(level) -%}
    case {{ level }}
    {%- for each in levels() %}
            when '{{ each }}' then {{ loop.index }}
    {%- endfor %}
        end
{%- endmacro %}

{# What is reported of divisions themselves; a code that has gone counts for the division that it went into, until #}
{# that one reports itself. #}
{% macro own_hukou_reports() -%}
    select reported.*
    from (
        select
            home_place.day,
            home_place.level,
            home_place.own_key,
            report.persons,
            report.period,
            report.contradictions,
            home_place.place_code = home_place.own_key as is_own_code,
            max(cast(home_place.place_code = home_place.own_key as integer)) over (
                partition by home_place.day, home_place.level, home_place.own_key
            ) as reports_itself
        from home_place
        inner join reports as report
            on
                home_place.place_code = report.place_code
                and home_place.day >= report.known_from
                and home_place.day < report.known_to
    ) as reported
    where reported.is_own_code or reported.reports_itself = 0
{%- endmacro %}

{# One level from the one below it: its parts, its own report, and which of them counts. #}
{% macro hukou_of_level(level, below) -%}
    part_of_{{ level }} as (
        select
            part.day,
            {{ keys_down_to(level, 'part') }},
            sum(part.persons) as parts_persons,
            min(part.period_from) as period_from,
            max(part.period_to) as period_to,
            bool_and(part.is_complete) as is_complete,
            sum(part.villages_without_report) as villages_without_report,
            sum(part.contradictions) as contradictions
        from {{ below }} as part
        group by all
    ),

    with_own_of_{{ level }} as (
        select
            part.*,
            own.persons as own_persons,
            own.period as own_period,
            coalesce(own.contradictions, 0) as own_contradictions,
            not part.is_complete and own.persons >= coalesce(part.parts_persons, 0) as is_own_total
        from part_of_{{ level }} as part
        left join (
            select
                own_report.day,
                own_report.own_key,
                sum(own_report.persons) as persons,
                min(own_report.period) as period,
                sum(own_report.contradictions) as contradictions
            from own_report
            where own_report.level = '{{ level }}'
            group by all
        ) as own
            on
                part.day = own.day
                and part.{{ level }}_key = own.own_key
    ),

    of_{{ level }} as (
        select
            whole.day,
            {{ keys_down_to(level, 'whole') }},
            case when whole.is_own_total then whole.own_persons else whole.parts_persons end as persons,
            case when whole.is_own_total then whole.own_persons - coalesce(whole.parts_persons, 0) else 0 end as rest,
            case when whole.is_own_total then least(whole.own_period, whole.period_from) else whole.period_from end
                as period_from,
            case when whole.is_own_total then greatest(whole.own_period, whole.period_to) else whole.period_to end
                as period_to,
            coalesce(whole.is_own_total, false) or whole.is_complete as is_complete,
            case when whole.is_own_total then 0 else whole.villages_without_report end as villages_without_report,
            -- of one and the same period, the whole is what its parts are, and no less than those that are known
            whole.contradictions + whole.own_contradictions + case
                when
                    whole.own_period = whole.period_from
                    and whole.own_period = whole.period_to
                    and (
                        whole.own_persons < whole.parts_persons
                        or (whole.is_complete and whole.own_persons > whole.parts_persons)
                    )
                    then 1
                else 0
            end as contradictions
        from with_own_of_{{ level }} as whole
    )
{%- endmacro %}

{# The query: day, level, division_code and what is known. `days` has one column, day. #}
{% macro hukou_on(days, reports, places, home) -%}
with

reports as (
    select report.* from {{ reports }} as report
),

-- with the division of each level as it is shown: where a level is not known or does not exist, the next upper one
home_place as (
    select
        asked.day,
        home.place_code,
        place.level,
        {{ depth_of_level('place.level') }} as depth,
        {% for level in levels() -%}
    max(home.division_code) filter (where home.level = '{{ level }}') as {{ level }}_key,
        {% endfor -%}
        max(home.division_code) filter (where home.level = place.level) as own_key
    from {{ days }} as asked
    inner join {{ home }} as home
        on
            asked.day >= home.known_from
            and asked.day < home.known_to
    inner join (
        select distinct
            known.place_code,
            known.level
        from {{ places }} as known
    ) as place
        on home.place_code = place.place_code
    group by asked.day, home.place_code, place.level
),

own_report as (
    {{ own_hukou_reports() }}
),

-- what nothing lies below: villages; divisions without any; and villages of which is only known into which division
-- they went, if they have a report
lowest as (
    select distinct
        place.day,
        place.level = 'village' and coalesce(place.village_key != place.township_key, true) as is_village,
        place.level,
        place.own_key,
        {{ keys_down_to('village', 'place') }}
    from (
        select
            {% for level in levels()[:-1] -%}
            max(home_place.depth) over (
                partition by home_place.day, home_place.{{ level }}_key
            ) as depth_in_{{ level }},
            {% endfor -%}
            home_place.*
        from home_place
    ) as place
    where
        place.level = 'village'
        {% for level in levels()[:-1] -%}
    or (place.level = '{{ level }}' and place.depth_in_{{ level }} = place.depth)
        {% endfor %}
),

of_village as (
    select
        place.day,
        {{ keys_down_to('village', 'place') }},
        sum(own.persons) as persons,
        min(own.period) as period_from,
        max(own.period) as period_to,
        count(own.persons) > 0 as is_complete,
        cast(place.is_village and count(own.persons) = 0 as integer) as villages_without_report,
        coalesce(sum(own.contradictions), 0) as contradictions
    from lowest as place
    left join own_report as own
        on
            place.day = own.day
            and own.level = 'village'
            and place.level = 'village'
            and place.own_key = own.own_key
    where place.is_village or place.level != 'village' or own.persons is not null
    group by place.is_village, {{ keys_down_to('village', 'place') }}, place.day
),

{% for level in levels()[:-1] | reverse %}
        {{ hukou_of_level(level, 'of_' ~ levels()[levels().index(level) + 1]) }}{{ ',' }}

    {% endfor %}
shown as (
    {% for level in levels() -%}
        select
        part.day,
        '{{ level }}' as level,
        part.{{ level }}_key as division_code,
        false as is_rest,
        part.persons,
        part.period_from,
        part.villages_without_report,
        part.contradictions
    from of_{{ level }} as part
        {%- for upper in levels()[:loop.index0] %}
    union all
    select
        whole.day,
        '{{ level }}' as level,
        whole.{{ upper }}_key as division_code,
        true as is_rest,
        case when whole.is_complete then whole.rest end as persons,
        case when whole.rest > 0 then whole.period_from end as period_from,
        0 as villages_without_report,
        0 as contradictions
    from of_{{ upper }} as whole
    where '{{ upper }}' in (select home.level from {{ home }} as home)
        {%- endfor %}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    shown.day,
    shown.level,
    shown.division_code,
    bool_and(shown.is_rest) as is_rest,
    cast(sum(shown.persons) as bigint) as hukou_population,
    min(shown.period_from) as hukou_period,
    cast(sum(shown.villages_without_report) as bigint) as villages_without_report,
    cast(sum(shown.contradictions) as bigint) as hukou_contradictions
from shown
where shown.level in (select home.level from {{ home }} as home)
group by all
{%- endmacro %}


{#
    Residents (常住人口) by division: the registered people, less those away, and those who are here. `counted` are stays
    that count or might, `hukou` the registered people; both with the day, definition, level and division they are of.
#}
{% macro residents_of(counted, hukou) -%}
    select
        leg.as_of,
        leg.definition_id,
        leg.level,
        leg.division_code,
        cast(sum(leg.hukou_population) as bigint) as hukou_population,
        min(leg.hukou_period) as hukou_period,
        cast(sum(leg.away) as bigint) as away,
        cast(sum(leg.here) as bigint) as here,
        cast(sum(leg.hukou_population) - sum(leg.away) + sum(leg.here) as bigint) as persons,
        cast(sum(leg.away_unknown) + sum(leg.here_unknown) as bigint) as persons_unknown,
        cast(sum(leg.villages_without_report) as bigint) as villages_without_report,
        cast(sum(leg.away_unknown) as bigint) as away_unknown,
        cast(sum(leg.here_unknown) as bigint) as here_unknown,
        cast(sum(leg.hukou_contradictions) as bigint) as hukou_contradictions
    from (
        select
            counted.as_of,
            counted.definition_id,
            counted.level,
            counted.division_code,
            count(*) filter (where counted.direction = 'out' and counted.is_counted) as away,
            count(*) filter (where counted.direction = 'in' and counted.is_counted) as here,
            count(*) filter (where counted.direction = 'out' and not counted.is_counted) as away_unknown,
            count(*) filter (where counted.direction = 'in' and not counted.is_counted) as here_unknown,
            null as hukou_population,
            null as hukou_period,
            0 as villages_without_report,
            0 as hukou_contradictions,
            true as is_said
        from {{ counted }} as counted
        group by counted.as_of, counted.definition_id, counted.level, counted.division_code
        union all
        select
            hukou.as_of,
            hukou.definition_id,
            hukou.level,
            hukou.division_code,
            0 as away,
            0 as here,
            0 as away_unknown,
            0 as here_unknown,
            hukou.hukou_population,
            hukou.hukou_period,
            hukou.villages_without_report,
            hukou.hukou_contradictions,
            -- of the rest of a division there is something to say only if there is one
            not hukou.is_rest or hukou.hukou_population > 0 as is_said
        from {{ hukou }} as hukou
    ) as leg
    group by leg.as_of, leg.definition_id, leg.level, leg.division_code
    having bool_or(leg.is_said)
{%- endmacro %}
