{#
    Everything the frequency figures count, as what changes from one month end to the next, so that a further month end
    costs nothing but a sum. Until then whatever is counted has months: it is counted at every month end from from_month
    to the one before to_month.
#}
{%- set cell = 'definition_number, area_number' -%}
{%- set person = cell ~ ', person_number' -%}
{%- set bounds = 'certain_from, certain_to, possible_from, possible_to' -%}
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

returned as (
    select
        {{ cell }},
        {{ not_yet_counted('certain_from', 'certain_to', person) }} as from_month,
        certain_to as to_month
    from passage
    where is_across and move_kind = 'return' and certain_from < certain_to
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

-- what has the same months is added up before anything is told of it
{% for name, source, columns in [
    ('counted_alike', 'counted where from_month < to_month', 'is_repeated, from_month, to_month'),
    ('single_alike', 'part where not is_repeated', bounds),
    ('several_alike', 'possible_of_several where from_month < to_month', 'from_month, to_month'),
    ('start_alike', 'part where start_from < start_to', 'start_from, start_to'),
    ('passage_alike', 'passage', 'move_kind, is_across, ' ~ bounds),
    ('returned_alike', 'returned where from_month < to_month', 'from_month, to_month'),
] -%}
    {{ name }} as (
        select
            {{ cell }},
            {{ columns }},
            count(*) as amount
        from {{ source }}
        group by all
    ),

{% endfor %}
event as (
    select
        {{ cell }},
        'persons' as measure,
        from_month,
        to_month,
        amount
    from counted_alike
    -- not known to be counted: for one stay the possible months before and after the certain ones, for several all
    -- possible months less the certain ones
    union all
    select
        {{ cell }},
        'persons_unknown' as measure,
        possible_from as from_month,
        least(certain_from, possible_to) as to_month,
        amount
    from single_alike
    union all
    select
        {{ cell }},
        'persons_unknown' as measure,
        greatest(certain_to, possible_from) as from_month,
        possible_to as to_month,
        amount
    from single_alike
    union all
    select
        {{ cell }},
        'persons_unknown' as measure,
        from_month,
        to_month,
        amount
    from several_alike
    union all
    select
        {{ cell }},
        'persons_unknown' as measure,
        from_month,
        to_month,
        -amount as amount
    from counted_alike
    where is_repeated
    union all
    select
        {{ cell }},
        'persons_at_start' as measure,
        start_from as from_month,
        start_to as to_month,
        amount
    from start_alike
    {% for measure, kinds in [
        ('moves', "'departure', 'onward', 'return', 'redeparture', 'unexplained'"),
        ('returns', "'return'"),
        ('redepartures', "'redeparture'"),
    ] %}
        union all
        select
            {{ cell }},
            '{{ measure }}' as measure,
            certain_from as from_month,
            certain_to as to_month,
            amount
        from passage_alike
        where is_across and move_kind in ({{ kinds }})
    {% endfor %}
    union all
    select
        {{ cell }},
        'moves_possible' as measure,
        possible_from as from_month,
        possible_to as to_month,
        amount
    from passage_alike
    union all
    select
        {{ cell }},
        'persons_returned' as measure,
        from_month,
        to_month,
        amount
    from returned_alike
    {% for measure, amount in [('persons_self_reported', '1'), ('workplaces_self_reported', 'workplaces')] %}
        union all
        select
            {{ cell }},
            '{{ measure }}' as measure,
            from_month,
            to_month,
            {{ amount }} as amount
        from said
    {% endfor %}
),

turn as (
    {% for month, amount in [('from_month', 'amount'), ('to_month', '-amount as amount')] %}
        select
            {{ cell }},
            measure,
            {{ month }} as month_number,
            {{ amount }}
        from event
        where from_month < to_month
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    turn.definition_number,
    turn.area_number,
    turn.measure,
    turn.month_number,
    sum(turn.amount) as amount
from turn
where turn.month_number <= {{ of_figures('last_month') }}
group by all
