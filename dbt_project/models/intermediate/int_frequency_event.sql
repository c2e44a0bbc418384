{#
    Everything the frequency figures count, as months between which it is counted: an amount holds at every month end from
    from_month to the one before to_month. So a further month end costs nothing but a sum.
#}
{%- set area = 'definition_id, direction, level, area_code' -%}
with

range as (
    select
        min({{ month_number('as_of') }}) as first_month,
        max({{ month_number('as_of') }}) as last_month
    from {{ ref('int_counting_month') }}
),

part as (
    select
        counting.definition_id,
        side.direction,
        side.level,
        side.area_code,
        side.person_number,
        side.is_repeated,
        counting.certain_from < counting.certain_to as is_certain,
        {% for answer in ['certain', 'possible'] -%}
            greatest({{ month_number('counting.' ~ answer ~ '_from') }}, side.from_month) as {{ answer }}_from,
            least({{ forgotten_in('counting.' ~ answer ~ '_to - 1') }}, side.to_month) as {{ answer }}_to,
        {% endfor -%}
        greatest({{ forgotten_in('counting.certain_from') }}, side.from_month) as start_from,
        least({{ forgotten_in('counting.certain_to') }}, side.to_month) as start_to
    from {{ ref('int_counting_interval') }} as counting
    inner join {{ ref('ref_definition') }} as definition on counting.definition_id = definition.definition_id
    inner join {{ ref('int_frequency_side') }} as side
        on
            counting.part_number = side.part_number
            and definition.direction in (side.direction, 'both')
    cross join range
    where
        {{ month_number('counting.possible_from') }} <= range.last_month
        and {{ forgotten_in('counting.possible_to') }} > range.first_month
),

counted as (
    select
        {{ area }},
        person_number,
        is_repeated,
        certain_from as from_month,
        certain_to as to_month
    from part
    where is_certain and not is_repeated and certain_from < certain_to
    union all
    -- a person with several stays counts once in a month
    select
        {{ area }},
        person_number,
        is_repeated,
        {{ not_yet_counted('certain_from', 'certain_to', area ~ ', person_number') }} as from_month,
        certain_to as to_month
    from part
    where is_certain and is_repeated
),

-- not known to be counted: for one stay the possible months before and after the certain ones, for several all possible
-- months less the certain ones
undecided as (
    select
        {{ area }},
        possible_from as from_month,
        case when is_certain then least(certain_from, possible_to) else possible_to end as to_month,
        1 as amount
    from part
    where not is_repeated
    union all
    select
        {{ area }},
        greatest(certain_to, possible_from) as from_month,
        possible_to as to_month,
        1 as amount
    from part
    where not is_repeated and is_certain
    union all
    select
        {{ area }},
        {{ not_yet_counted('possible_from', 'possible_to', area ~ ', person_number') }} as from_month,
        possible_to as to_month,
        1 as amount
    from part
    where is_repeated
    union all
    select
        {{ area }},
        from_month,
        to_month,
        -1 as amount
    from counted
    where is_repeated and from_month < to_month
),

way as (
    select
        definition.definition_id,
        moved.person_number,
        moved.move_kind,
        moved.first_month,
        moved.last_month,
        {{ is_across_boundary('definition', 'moved') }} as is_across
    from {{ ref('int_counting_definition') }} as definition
    cross join {{ ref('int_frequency_move') }} as moved
    cross join range
    where moved.first_month <= range.last_month and moved.last_month + 12 > range.first_month
),

-- a move is for certain one of twelve months when the first and the last day it may have been lie in them
passage as (
    select
        counted.definition_id,
        counted.direction,
        counted.level,
        counted.area_code,
        counted.person_number,
        way.move_kind,
        coalesce(way.is_across, false) as is_across,
        greatest(counted.from_month, way.last_month) as certain_from,
        least(counted.to_month, way.first_month + 12) as certain_to,
        greatest(counted.from_month, way.first_month) as possible_from,
        least(counted.to_month, way.last_month + 12) as possible_to
    from counted
    inner join way
        on
            counted.definition_id = way.definition_id
            and counted.person_number = way.person_number
            and counted.from_month < way.last_month + 12
            and counted.to_month > way.first_month
    -- nobody knows which boundaries an unexplained gap led across
    where way.is_across or way.is_across is null or way.move_kind = 'unexplained'
),

returned as (
    select
        {{ area }},
        person_number,
        {{ not_yet_counted('certain_from', 'certain_to', area ~ ', person_number') }} as from_month,
        certain_to as to_month
    from passage
    where is_across and move_kind = 'return' and certain_from < certain_to
),

event as (
    select
        {{ area }},
        'persons' as measure,
        from_month,
        to_month,
        1 as amount
    from counted
    union all
    select
        {{ area }},
        'persons_unknown' as measure,
        from_month,
        to_month,
        amount
    from undecided
    union all
    select
        {{ area }},
        'persons_at_start' as measure,
        start_from as from_month,
        start_to as to_month,
        1 as amount
    from part
    where is_certain
    {% for measure, kinds in [
        ('moves', "'departure', 'onward', 'return', 'redeparture', 'unexplained'"),
        ('returns', "'return'"),
        ('redepartures', "'redeparture'"),
    ] %}
        union all
        select
            {{ area }},
            '{{ measure }}' as measure,
            certain_from as from_month,
            certain_to as to_month,
            1 as amount
        from passage
        where is_across and move_kind in ({{ kinds }})
    {% endfor %}
    union all
    select
        {{ area }},
        'moves_possible' as measure,
        possible_from as from_month,
        possible_to as to_month,
        1 as amount
    from passage
    union all
    select
        {{ area }},
        'persons_returned' as measure,
        from_month,
        to_month,
        1 as amount
    from returned
    {% for measure, amount in [('persons_self_reported', '1'), ('workplaces_self_reported', 'said.workplaces')] %}
        union all
        select
            counted.definition_id,
            counted.direction,
            counted.level,
            counted.area_code,
            '{{ measure }}' as measure,
            greatest(counted.from_month, said.from_month) as from_month,
            least(counted.to_month, said.to_month) as to_month,
            {{ amount }} as amount
        from counted
        inner join {{ ref('int_frequency_workplace') }} as said
            on
                counted.person_number = said.person_number
                and counted.from_month < said.to_month
                and counted.to_month > said.from_month
    {% endfor %}
)

select
    event.definition_id,
    event.direction,
    event.level,
    event.area_code,
    event.measure,
    greatest(event.from_month, range.first_month) as from_month,
    least(event.to_month, range.last_month + 1) as to_month,
    sum(event.amount) as amount
from event
cross join range
where event.from_month < event.to_month and event.from_month <= range.last_month and event.to_month > range.first_month
group by all
