{#
    Everything the frequency figures count, as what changes from one month end to the next, so that a further month end
    costs nothing but a sum. Until then whatever is counted has months: it is counted at every month end from from_month
    to the one before to_month.
#}
{%- set cell = 'definition_number, area_number' -%}
{%- set person = cell ~ ', person_number' -%}
with

part as (
    {{ frequency_parts(['person_number', 'is_repeated'], ['certain', 'possible', 'start']) }}
),

counted as (
    select
        {{ person }},
        is_repeated,
        certain_from as from_month,
        certain_to as to_month
    from part
    where not is_repeated and certain_from < certain_to
    union all
    -- a person with several stays counts once in a month
    select
        {{ person }},
        is_repeated,
        {{ not_yet_counted('certain_from', 'certain_to', person) }} as from_month,
        certain_to as to_month
    from part
    where is_repeated and certain_from < certain_to
),

counted_of_several as (
    select *
    from counted
    where is_repeated
),

single as (
    select *
    from part
    where not is_repeated
),

possible_of_several as (
    select
        {{ cell }},
        {{ not_yet_counted('possible_from', 'possible_to', person) }} as from_month,
        possible_to as to_month
    from part
    where is_repeated
),

crossing as (
    select distinct
        way_number,
        {% for level in levels() -%}
            crosses_{{ level }},
        {% endfor -%}
        is_intra_city
    from {{ ref('int_frequency_move') }}
),

-- what a definition says of a way
way as (
    select
        definition.definition_number,
        crossing.way_number,
        {{ is_across_boundary('definition', 'crossing') }} as is_across
    from {{ ref('int_frequency_definition') }} as definition
    cross join crossing
    where definition.is_first
),

-- a move is for certain one of twelve months when the first and the last day it may have been lie in them
passage as (
    select
        counted.definition_number,
        counted.area_number,
        counted.person_number,
        moved.move_kind,
        coalesce(way.is_across, false) as is_across,
        greatest(counted.from_month, moved.last_month) as certain_from,
        least(counted.to_month, moved.first_month + 12) as certain_to,
        greatest(counted.from_month, moved.first_month) as possible_from,
        least(counted.to_month, moved.last_month + 12) as possible_to
    from counted
    inner join {{ ref('int_frequency_move') }} as moved
        on
            counted.person_number = moved.person_number
            and counted.from_month < moved.last_month + 12
            and counted.to_month > moved.first_month
    inner join way
        on
            counted.definition_number = way.definition_number
            and moved.way_number = way.way_number
    where
        counted.from_month < counted.to_month
        -- nobody knows which boundaries an unexplained gap led across
        and (way.is_across or way.is_across is null or moved.move_kind = 'unexplained')
),

passage_across as (
    select *
    from passage
    where is_across
),

returned as (
    select
        {{ cell }},
        {{ not_yet_counted('certain_from', 'certain_to', person) }} as from_month,
        certain_to as to_month
    from passage_across
    where move_kind = 'return' and certain_from < certain_to
),

said as (
    select
        counted.definition_number,
        counted.area_number,
        workplace.workplaces,
        greatest(counted.from_month, workplace.from_month) as from_month,
        least(counted.to_month, workplace.to_month) as to_month
    from counted
    inner join {{ ref('int_frequency_workplace') }} as workplace
        on
            counted.person_number = workplace.person_number
            and counted.from_month < workplace.to_month
            and counted.to_month > workplace.from_month
),

-- what has months begins to be counted at the end of the first and stops at that of the last; of one stay the possible
-- months before and after the certain ones are undecided, of several all possible months less the certain ones
turn as (
    {% for measure, amount, source, from_month, to_month in [
        ("'persons'", 'count(*)', 'counted', 'from_month', 'to_month'),
        ("'persons_unknown'", 'count(*)', 'single', 'possible_from', 'least(certain_from, possible_to)'),
        ("'persons_unknown'", 'count(*)', 'single', 'greatest(certain_to, possible_from)', 'possible_to'),
        ("'persons_unknown'", 'count(*)', 'possible_of_several', 'from_month', 'to_month'),
        ("'persons_unknown'", '-count(*)', 'counted_of_several', 'from_month', 'to_month'),
        ("'persons_at_start'", 'count(*)', 'part', 'start_from', 'start_to'),
        ('move_kind', 'count(*)', 'passage_across', 'certain_from', 'certain_to'),
        ("'moves_possible'", 'count(*)', 'passage', 'possible_from', 'possible_to'),
        ("'persons_returned'", 'count(*)', 'returned', 'from_month', 'to_month'),
        ("'persons_self_reported'", 'count(*)', 'said', 'from_month', 'to_month'),
        ("'workplaces_self_reported'", 'sum(workplaces)', 'said', 'from_month', 'to_month'),
    ] -%}
        {% set is_last = loop.last %}
        {% for month, sign in [(from_month, ''), (to_month, '-')] -%}
            select
                {{ cell }},
                {{ measure }} as measure,
                {{ month }} as month_number,
                {{ sign }}({{ amount }}) as amount
            from {{ source }}
            where {{ from_month }} < {{ to_month }} and {{ month }} <= {{ of_figures('last_month') }}
            group by all
            {% if not (is_last and loop.last) %}union all{% endif %}
        {% endfor %}
    {% endfor %}
)

select
    {{ cell }},
    month_number,
    {% for measure in [
        'persons', 'persons_unknown', 'persons_at_start', 'moves_possible', 'persons_returned', 'persons_self_reported',
        'workplaces_self_reported',
    ] -%}
        sum(amount) filter (where measure = '{{ measure }}') as {{ measure }},
    {% endfor -%}
    sum(amount) filter (
        where measure in ('departure', 'onward', 'return', 'redeparture', 'unexplained')
    ) as moves,
    sum(amount) filter (where measure = 'return') as returns,
    sum(amount) filter (where measure = 'redeparture') as redepartures
from turn
group by {{ cell }}, month_number
