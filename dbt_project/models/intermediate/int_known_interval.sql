{#
    Which forms know of a stay, while it is certain to be open: from the day a sender says it began to the day the same
    sender says, or its next full list shows, that it is over. Where a stay is certain by all that is said together and
    no sender alone says so, all who report it know of it.
#}
with

-- a form as one bit, so that forms are joined and compared as numbers
form as (
    select
        form_id,
        cast(1 as bigint) << cast(row_number() over (order by form_id) - 1 as bigint) as bit
    from (select distinct form_id from {{ ref('stay_sender') }})
),

sender as (
    select
        sender.stay_id,
        form.bit,
        sender.side = 'origin' as is_origin,
        sender.says_from,
        coalesce(sender.says_until, {{ end_of_time() }}) as says_until
    from {{ ref('stay_sender') }} as sender
    inner join form on sender.form_id = form.form_id
),

part as (
    select
        stay.part_number,
        stay.stay_id,
        {{ present_from('stay') }} as present_from,
        {{ present_to('stay') }} as present_to
    from {{ ref('int_counting_stay') }} as stay
    where {{ present_from('stay') }} < {{ present_to('stay') }}
),

standing as (
    select
        part.part_number,
        sender.bit,
        sender.is_origin,
        part.present_to,
        greatest(sender.says_from, part.present_from) as from_day,
        least(sender.says_until, part.present_to) as to_day
    from part
    inner join sender on part.stay_id = sender.stay_id
    where greatest(sender.says_from, part.present_from) < least(sender.says_until, part.present_to)
),

turn as (
    select
        part_number,
        present_to,
        present_from as day
    from part
    union
    select
        part_number,
        present_to,
        from_day
    from standing
    union
    select
        part_number,
        present_to,
        to_day
    from standing
    where to_day < present_to
),

interval_of_part as (
    select
        part_number,
        day as from_day,
        lead(day, 1, present_to) over (partition by part_number order by day) as to_day
    from turn
),

known as (
    select
        span.part_number,
        span.from_day,
        span.to_day,
        bit_or(standing.bit) as bits,
        bool_or(standing.is_origin) as by_origin,
        bool_or(not standing.is_origin) as by_destination
    from interval_of_part as span
    inner join standing
        on
            span.part_number = standing.part_number
            and span.from_day >= standing.from_day
            and span.from_day < standing.to_day
    group by span.part_number, span.from_day, span.to_day
),

reported as (
    select
        part.part_number,
        bit_or(sender.bit) as bits,
        bool_or(sender.is_origin) as by_origin,
        bool_or(not sender.is_origin) as by_destination
    from part
    inner join sender on part.stay_id = sender.stay_id
    group by part.part_number
),

combination as (
    select
        known_bits.bits,
        string_agg(form.form_id, '+' order by form.form_id) as forms
    from (
        select known.bits from known
        union
        select reported.bits from reported
    ) as known_bits
    inner join form on (known_bits.bits & form.bit) > 0
    group by known_bits.bits
)

select
    span.part_number,
    span.from_day,
    span.to_day,
    combination.forms,
    coalesce(known.by_origin, reported.by_origin) as by_origin,
    coalesce(known.by_destination, reported.by_destination) as by_destination,
    reported.by_origin as is_reported_by_origin,
    reported.by_destination as is_reported_by_destination
from interval_of_part as span
inner join reported on span.part_number = reported.part_number
left join known
    on
        span.part_number = known.part_number
        and span.from_day = known.from_day
inner join combination on coalesce(known.bits, reported.bits) = combination.bits
