{#
    The rule of counting as queries of what is given: the models count what is known now with them, and the table macros
    what was known on an earlier day. Columns are those of core.stay with sex, birth_date and hukou_nature of the person.
#}

{# The axes of a definition in the order in which they are told apart, with their columns of int_counting_definition. #}
{% macro counting_axes() -%}
    {{ return([
        ('boundary', ['boundary_level', 'within_boundary']),
        ('intra_city', ['excludes_intra_city']),
        ('clock', ['clock']),
        ('duration', ['min_months', 'min_days']),
        ('age', ['age_min', 'age_max']),
        ('sex', ['sex']),
        ('hukou_nature', ['hukou_nature']),
        ('area', ['dest_area']),
        ('reason', ['excluded_reasons']),
        ('service', ['required_service']),
    ]) }}
{%- endmacro %}

{# Do the places of a stay lie as far apart as a definition wants them? #}
{% macro is_far_enough(definition, stay) -%}
    case {{ definition }}.boundary_level
    {%- for level in levels() %}
            when '{{ level }}' then {{ stay }}.crosses_{{ level }}
    {%- endfor %}
            when 'none' then true
        end
        and case
            when {{ definition }}.within_boundary = 'province' then not {{ stay }}.crosses_province
            when {{ definition }}.within_boundary = 'city_districts' then {{ stay }}.is_intra_city
            else true
        end
{%- endmacro %}

{% macro is_not_excluded_intra_city(definition, stay) -%}
    not ({{ stay }}.is_intra_city and {{ definition }}.excludes_intra_city)
{%- endmacro %}

{# Is the way between two places one that a definition counts? `places` says which boundaries lie between them. #}
{% macro is_across_boundary(definition, places) -%}
    {{ is_far_enough(definition, places) }}
        and {{ is_not_excluded_intra_city(definition, places) }}
{%- endmacro %}

{# Does a stay have what a definition asks for, where the definition asks for anything? #}
{% macro is_as_required(required, found) -%}
    ({{ required }} is null or {{ found }} = {{ required }})
{%- endmacro %}

{# The tests that time does not change, in the order in which they are told apart: each answers yes, no or unknown. #}
{# Of the age only whether there is a day of birth to tell it by; `has_service` is the answer for the time looked at. #}
{% macro lasting_tests(definition, stay, has_service) -%}
    {{ return([
        ('place', is_far_enough(definition, stay)),
        ('intra_city', is_not_excluded_intra_city(definition, stay)),
        (
            'birth_date',
            '(' ~ stay ~ '.birth_date is not null or coalesce(' ~ definition ~ '.age_min, ' ~ definition
            ~ '.age_max) is null or null)'
        ),
        ('sex', is_as_required(definition ~ '.sex', stay ~ '.sex')),
        ('hukou_nature', is_as_required(definition ~ '.hukou_nature', stay ~ '.hukou_nature')),
        ('area', is_as_required(definition ~ '.dest_area', stay ~ '.dest_area')),
        (
            'reason',
            '(' ~ definition ~ '.excluded_reasons is null or not list_contains(' ~ definition ~ '.excluded_reasons, '
            ~ stay ~ '.reason_code))'
        ),
        ('service', '(' ~ definition ~ '.required_service is null or ' ~ has_service ~ ')'),
    ]) }}
{%- endmacro %}

{# All of them together; and the first that cannot tell, null where there is none. #}
{% macro is_admitted(definition, stay, has_service) -%}
    (
    {%- for cause, test in lasting_tests(definition, stay, has_service) %}
        {{ 'and ' if not loop.first }}{{ test }}
    {%- endfor %}
    )
{%- endmacro %}

{% macro undecided_test(definition, stay, has_service) -%}
    case
    {%- for cause, test in lasting_tests(definition, stay, has_service) %}
        when ({{ test }}) is null then '{{ cause }}'
    {%- endfor %}
    end
{%- endmacro %}

{# The day on which the clock of a definition began for a stay: no earlier than the first, by the second. Null where #}
{# nothing bounds it: a missing day of leaving is bounded by the arrival, that of registration only from below. #}
{% macro clock_from(definition, stay) -%}
    case {{ definition }}.clock
            when 'left_hukou' then {{ stay }}.left_from
            when 'registered' then coalesce({{ stay }}.registered_from, {{ stay }}.arrived_from)
            else {{ stay }}.arrived_from
        end
{%- endmacro %}

{% macro clock_by(definition, stay) -%}
    case {{ definition }}.clock
            when 'left_hukou' then coalesce({{ stay }}.left_by, {{ stay }}.arrived_by)
            when 'registered' then {{ stay }}.registered_by
            else {{ stay }}.arrived_by
        end
{%- endmacro %}

{# Why it is not known that a stay counts on a day, of what time changes. `counting` has the columns of an interval. #}
{% macro unknown_because(undecided, clock, stay, day) -%}
    case
        when {{ undecided }} is not null then {{ undecided }}
        when {{ day }} < {{ stay }}.arrived_by then 'arrival'
        when {{ day }} >= {{ stay }}.open_until then 'end'
        when {{ clock }} = 'left_hukou' then 'leaving'
        when {{ clock }} = 'registered' then 'registration'
        else 'arrival'
    end
{%- endmacro %}

{# Stays with what counting asks of their people. #}
{% macro stays_with_person(stays, persons) -%}
    (
        select
            stay.*,
            person.sex,
            person.birth_date,
            person.hukou_nature
        from {{ stays }} as stay
        inner join {{ persons }} as person on stay.person_key = person.person_key
    )
{%- endmacro %}

{# The parts of stays, each with the days between which it is open, and what its places prove of each other. #}
{% macro counting_stays(stays, places, registrations) -%}
with

-- a stay has one part for each register that its two places have lived through, most often a single one
part as (
    select
        stay.*,
        greatest(
            coalesce(origin.known_from, {{ beginning_of_time() }}),
            coalesce(destination.known_from, {{ beginning_of_time() }})
        ) as known_from,
        least(
            coalesce(origin.known_to, {{ end_of_time() }}),
            coalesce(destination.known_to, {{ end_of_time() }})
        ) as known_to,
        {% for level in levels() %}{{ crosses('origin', 'destination', level) }} as crosses_{{ level }}, {% endfor %}
        origin.is_city_district
        and destination.is_city_district
        and not {{ crosses('origin', 'destination', 'city') }} as is_intra_city,
        case
            when destination.urban_rural_code like '1%' then 'urban'
            when destination.urban_rural_code is not null then 'rural'
        end as dest_area
    from {{ stays }} as stay
    left join {{ places }} as origin
        on stay.origin_code = origin.place_code
    left join {{ places }} as destination
        on
            stay.dest_code = destination.place_code
            and coalesce(origin.known_from, {{ beginning_of_time() }}) < destination.known_to
            and destination.known_from < coalesce(origin.known_to, {{ end_of_time() }})
),

dated as (
    select
        part.stay_id,
        part.origin_code,
        part.dest_code,
        part.sex,
        part.birth_date,
        part.hukou_nature,
        nullif(part.reason_code, 'UNKNOWN') as reason_code,
        part.left_hukou_date,
        coalesce(part.left_hukou_date, cast(part.left_hukou_after + to_days(1) as date)) as left_from,
        coalesce(part.left_hukou_date, part.left_hukou_before) as left_by,
        part.arrived_date,
        -- open at the earliest from the first day, for certain from the second; a list that shows the stay proves more
        -- than a later date of leaving
        coalesce(
            part.arrived_date,
            least(
                greatest(
                    coalesce(
                        part.left_hukou_date,
                        cast(part.left_hukou_after + to_days(1) as date),
                        {{ beginning_of_time() }}
                    ),
                    coalesce(cast(part.arrived_after + to_days(1) as date), {{ beginning_of_time() }})
                ),
                part.arrived_before
            )
        ) as arrived_from,
        coalesce(part.arrived_date, part.arrived_before, {{ end_of_time() }}) as arrived_by,
        -- open for certain until the first day, possibly until the second
        coalesce(
            part.ended_date,
            cast(part.ended_after + to_days(1) as date),
            case when part.ended_before is null then {{ end_of_time() }} else {{ beginning_of_time() }} end
        ) as open_until,
        coalesce(part.ended_date, part.ended_before, {{ end_of_time() }}) as over_by,
        registration.registered_from,
        registration.registered_by,
        part.known_from,
        part.known_to,
        {% for level in levels() %}part.crosses_{{ level }}, {% endfor %}
        part.is_intra_city,
        part.dest_area
    from part
    left join {{ registrations }} as registration on part.stay_id = registration.stay_id
)

-- registers that neither the beginning nor the rest of a stay can fall into tell nothing of it
select
    cast(row_number() over (
        order by dated.origin_code, dated.dest_code, dated.stay_id, dated.known_from
    ) as integer) as part_number,
    dated.*
from dated
where dated.known_from < dated.over_by and dated.arrived_from < dated.known_to
{%- endmacro %}

{# Stays once for every service that definitions ask for, each with the times in which it is had, lacked or unknown, #}
{# and once for definitions that ask for none. #}
{% macro stays_by_service(definitions, stays, service_spans) -%}
    (
        select
            stay.*,
            null as required_service,
            null as has_service,
            {{ beginning_of_time() }} as service_from,
            {{ end_of_time() }} as service_to
        from {{ stays }} as stay
        union all
        select
            stay.*,
            asked.required_service,
            span.has_service,
            coalesce(span.from_date, {{ beginning_of_time() }}) as service_from,
            coalesce(span.to_date, {{ end_of_time() }}) as service_to
        from {{ stays }} as stay
        cross join (
            select distinct definition.required_service
            from {{ definitions }} as definition
            where definition.required_service is not null
        ) as asked
        left join {{ service_spans }} as span
            on
                stay.stay_id = span.stay_id
                and asked.required_service = span.required_service
    )
{%- endmacro %}

{# The days between which parts of stays count under definitions. #}
{% macro counting_intervals(definitions, stays, service_spans) -%}
with

tested as (
    select
        definition.definition_id,
        stay.part_number,
        greatest(stay.known_from, stay.service_from) as known_from,
        least(stay.known_to, stay.service_to) as known_to,
        stay.arrived_from,
        stay.arrived_by,
        stay.open_until,
        stay.over_by,
        stay.birth_date,
        definition.min_months,
        definition.min_days,
        definition.age_min,
        definition.age_max,
        {{ is_admitted('definition', 'stay', 'stay.has_service') }} as is_admitted,
        {{ undecided_test('definition', 'stay', 'stay.has_service') }} as undecided_test,
        {{ clock_from('definition', 'stay') }} as clock_from,
        {{ clock_by('definition', 'stay') }} as clock_by
    from {{ definitions }} as definition
    inner join {{ stays_by_service(definitions, stays, service_spans) }} as stay
        on definition.required_service is not distinct from stay.required_service
),

-- the tests that time changes, each as the days between which it holds; a missing day of birth decides nothing
timed as (
    select
        *,
        coalesce({{ date_plus('clock_by', 'min_months', 'min_days') }}, {{ end_of_time() }}) as long_enough_by,
        coalesce({{ date_plus('clock_from', 'min_months', 'min_days') }}, {{ beginning_of_time() }}) as long_enough_from,
        coalesce({{ date_plus('birth_date', 'age_min * 12') }}, {{ beginning_of_time() }}) as age_from,
        coalesce({{ date_plus('birth_date', '(age_max + 1) * 12') }}, {{ end_of_time() }}) as age_to
    from tested
    where is_admitted is distinct from false
),

bounded as (
    select
        definition_id,
        part_number,
        undecided_test,
        greatest(arrived_from, long_enough_from, age_from, known_from) as possible_from,
        least(over_by, age_to, known_to) as possible_to,
        greatest(arrived_by, long_enough_from, long_enough_by, age_from, known_from) as certain_from,
        least(open_until, over_by, age_to, known_to) as certain_to
    from timed
),

decided as (
    select
        *,
        undecided_test is null and certain_from < certain_to as is_certain
    from bounded
    where possible_from < possible_to
)

select
    definition_id,
    part_number,
    possible_from,
    possible_to,
    case when is_certain then certain_from else {{ end_of_time() }} end as certain_from,
    case when is_certain then certain_to else {{ end_of_time() }} end as certain_to,
    undecided_test
from decided
order by definition_id, part_number, possible_from
{%- endmacro %}

{# Counting on one day: the rule of the intervals asked the other way round. What must have begun by when, to be long #}
{# enough or old enough on the day, is reckoned once for each definition; days of stays are only compared with it. #}

{# Definitions with the last days on which a clock and a life must have begun; an age is passed on the third. #}
{% macro rules_on_day(definitions, day) -%}
    (
        select
            given.*,
            {{ date_minus('given.on_day', 'given.min_months', 'given.min_days') }} as begun_by,
            coalesce(
                {{ date_minus('given.on_day', 'given.age_min * 12') }}, {{ end_of_time() }}
            ) as born_by,
            coalesce(
                {{ date_minus('given.on_day', '(given.age_max + 1) * 12') }}, {{ beginning_of_time() }}
            ) as born_after
        from (
            select
                rules.*,
                {{ day }} as on_day
            from {{ definitions }} as rules
        ) as given
    )
{%- endmacro %}

{# Stays that may be there on a day, with the services that they then have and those that they lack. #}
{% macro stays_on_day(stays, day, service_spans) -%}
    (
        select
            stay.*,
            span.has_services,
            span.lacks_services
        from {{ stays }} as stay
        left join (
            select
                service.stay_id,
                list(service.required_service order by service.required_service) filter (
                    where service.has_service
                ) as has_services,
                list(service.required_service order by service.required_service) filter (
                    where not service.has_service
                ) as lacks_services
            from {{ service_spans }} as service
            where service.from_date <= {{ day }} and {{ day }} < service.to_date
            group by service.stay_id
        ) as span
            on stay.stay_id = span.stay_id
        where
            stay.arrived_from <= {{ day }}
            and {{ day }} < stay.over_by
            and stay.known_from <= {{ day }}
            and {{ day }} < stay.known_to
    )
{%- endmacro %}

{% macro has_service_on_day(definition, stay) -%}
    case
            when list_contains({{ stay }}.has_services, {{ definition }}.required_service) then true
            when list_contains({{ stay }}.lacks_services, {{ definition }}.required_service) then false
        end
{%- endmacro %}

{#
    What definitions say of stays on one day: a row for every stay that counts or of which it is not known, with why it
    is not known. `carried` are columns of the stays to be told besides.
#}
{% macro counted_on(definitions, stays, day, carried=[], service_spans='intermediate.int_service_span') -%}
    {{ answers_on(definitions, stays_on_day(stays, day, service_spans), day, carried) }}
{%- endmacro %}

{# The same of what stays_on_day has found. #}
{% macro answers_on(definitions, stays_on_day, day, carried=[]) -%}
    {%- set has_service = has_service_on_day('rule', 'stay') -%}
    {%- set carried = ['part_number'] + carried -%}
with

answered as (
    select
        rule.definition_id,
        stay.{{ carried | join(',\n        stay.') }},
        {{ undecided_test('rule', 'stay', has_service) }} as undecided_test,
        rule.on_day,
        rule.clock,
        stay.arrived_by,
        stay.open_until,
        coalesce({{ clock_by('rule', 'stay') }} <= rule.begun_by, false) as is_long_enough
    from {{ rules_on_day(definitions, day) }} as rule
    cross join {{ stays_on_day }} as stay
    where
        {{ is_admitted('rule', 'stay', has_service) }} is distinct from false
        and coalesce({{ clock_from('rule', 'stay') }} <= rule.begun_by, true)
        and coalesce(rule.born_after < stay.birth_date and stay.birth_date <= rule.born_by, true)
),

decided as (
    select
        answered.*,
        answered.undecided_test is null
        and answered.is_long_enough
        and answered.arrived_by <= answered.on_day
        and answered.on_day < answered.open_until as is_counted
    from answered
)

select
    decided.definition_id,
    decided.{{ carried | join(',\n    decided.') }},
    decided.is_counted,
    case
        when not decided.is_counted
            then {{ unknown_because('decided.undecided_test', 'decided.clock', 'decided', 'decided.on_day') }}
    end as unknown_because
from decided
{%- endmacro %}
