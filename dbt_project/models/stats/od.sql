{{ config(materialized='view') }}
select
    month.as_of,
    counting.definition_id,
    stay.origin_code,
    origin.level as origin_level,
    stay.dest_code,
    destination.level as dest_level,
    count(*) filter (where {{ is_counted('counting', 'month.as_of') }}) as persons,
    count(*) filter (where {{ is_unknown('counting', 'month.as_of') }}) as persons_unknown,
    count(*) filter (where {{ is_arrival('counting', 'stay', 'month.opening_on', 'month.as_of') }}) as arrivals,
    count(*) filter (where {{ is_departure('counting', 'stay', 'month.opening_on', 'month.as_of') }}) as departures
from {{ ref('int_counting_month') }} as month
inner join {{ ref('int_counting_interval') }} as counting
    on month.as_of >= counting.possible_from and month.opening_on < counting.possible_to
inner join {{ ref('int_counting_stay') }} as stay
    on counting.part_number = stay.part_number
{{ join_place('origin', 'stay.origin_code', 'month.as_of', ref('int_counting_place')) }}
{{ join_place('destination', 'stay.dest_code', 'month.as_of', ref('int_counting_place')) }}
group by all
having persons + persons_unknown + arrivals + departures > 0
